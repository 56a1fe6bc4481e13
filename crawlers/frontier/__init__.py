"""The distributed frontier: scrapy-redis with leases, exact in everything that it promises.

`addon.py` switches it on; `scheduler.py` is what Scrapy sees; `courier.py` is the one task that
talks to Redis; ``lua/`` is the program that runs there, and the truth about what is ready, leased
or done.
"""
