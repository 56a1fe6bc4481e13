"""The maze, crawled as a source is.

Site: http://127.0.0.1
Terms: none
Robots: there is none.
Concurrency: 6
Delay: 0
Serial: no
Volume: what the test asks for.
Expects: 1
"""
