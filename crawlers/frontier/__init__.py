"""The distributed frontier: scrapy-redis with leases, exact in everything that it promises.

Its words:

- A *job* is a crawl that workers share; a *unit* is one of its seeds with all that it led to.
- A *lease* is a request that Redis gave to one worker for a time. Its *token* fences it.
- A *host* is a limit key: scheme, host and port. It has *places*, one for each transfer under way.
- A *suspect* is a request whose worker was lost while it had it; a *dead* one has been given up.
- A worker is *hungry* that got less than it wanted; whoever frees something wakes it.

The way of a request: `scheduler.py` is what Scrapy sees; `work.py` has what this worker holds,
each in a `leases.py` lease that the download handler keeps to (`crawlers/permits.py`);
`telling.py` says what became of it, in the words of the Lua program; `outbox.py` keeps what is
said until Redis has it; `courier.py` is the one task that talks to Redis, through `queue.py` and
`program.py`; ``lua/`` is the program that runs there, and the truth about what is ready, leased
or done. Beside it `seeds.py` and `ending.py` tell the database of units and of the job, and
`overview.py` and `dead.py` show operators what Redis holds. `addon.py` switches it all on.

scrapy-redis gives the settings, the way to make connections and the classes that its users know;
its own push and pop are not used.
"""
