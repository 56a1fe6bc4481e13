"""Bench shop: the made-up listing that the benchmarks serve.

Site: http://127.0.0.1
Terms: none
Robots: none
Concurrency: 16
Delay: 0
Serial: no
Volume: what the benchmark asks for.
Expects: 1
"""
