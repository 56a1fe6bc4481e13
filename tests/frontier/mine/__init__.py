"""A source for the frontier's faults: what a page does to its worker is in its path.

Site: https://example.org
Terms: none
Robots: none
Concurrency: 4
Delay: 0
Serial: no
Volume: a handful of pages
Expects: 0
"""
