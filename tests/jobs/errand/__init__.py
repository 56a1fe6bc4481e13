"""A source whose units are paths.

Site: https://example.org
Terms: none
Robots: none
Concurrency: 4
Delay: 0
Serial: no
Volume: a handful of pages
Expects: 1
"""
