"""Spiders that exist to test the browser.

Site: https://example.org
Terms: none
Robots: none
Concurrency: 8
Delay: 0
Serial: no
Volume: a handful of pages
Expects: 1
"""
