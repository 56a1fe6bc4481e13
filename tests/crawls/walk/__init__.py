"""Spiders that exist to test the kernel.

Site: https://example.org
Terms: none
Robots: none
Concurrency: 4
Delay: 0
Serial: no
Volume: a handful of pages
Expects: 1
"""
