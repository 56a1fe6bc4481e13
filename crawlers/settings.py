"""Every Scrapy setting of the project, each with its reason.

``-s NAME=VALUE`` on the command line overrides any of them.
"""

from typing import Any

# --- What there is ---------------------------------------------------------------------
BOT_NAME = "crawlers"
SPIDER_MODULES = ["spiders"]
COMMANDS_MODULE = "crawlers.commands"

# --- Manners ---------------------------------------------------------------------------
USER_AGENT = "crawlers/0.1"  # the base spider adds CRAWLERS_CONTACT, so that a site can reach you
ROBOTSTXT_OBEY = True  # a card's `Obey: no` says otherwise
ROBOTSTXT_LONGEST_DELAY_S = 600.0  # who asks for longer pauses is refused, not crawled for weeks
DOWNLOAD_DELAY_JITTER = 0  # a delay of a card or of robots.txt is a least one, not a mean
ROBOTSTXT_USER_AGENT = "crawlers"  # rules are matched with our own name, whatever a request says
REFERRER_POLICY = "no-referrer"  # a site need not know our way
METAREFRESH_ENABLED = False  # no source redirects in its markup, and looking for it costs
COOKIES_ENABLED = False  # no source needs them, and a session is a kind of identity
# Limits come from each source's card, through the base spider.

# --- Safety ----------------------------------------------------------------------------
TELNETCONSOLE_ENABLED = False  # runs code in the process
REMOTE_CONTROL_ENABLED = False  # the same over HTTP
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024  # bytes, after decompression: bombs end here
REDIRECT_MAX_TIMES = 10  # more is a loop
DOWNLOAD_TIMEOUT = 30  # seconds in all; a source with longer answers says so
DOWNLOAD_HANDLERS: dict[str, str | None] = {
    "http": "crawlers.download.HttpDownloadHandler",
    "https": "crawlers.download.HttpDownloadHandler",
    "data": None,  # only the web: a page must not make us read files
    "file": None,
    "ftp": None,
    "s3": None,
}

# --- One way through: a response is the unit of work -----------------------------------
SCHEDULER = "crawlers.scheduler.WaitingScheduler"
REQUEST_FINGERPRINTER_CLASS = "crawlers.fingerprint.TryFingerprinter"
SIMULATED_CLOCK = False  # True with CRAWLERS_TEST: a stand-in says in `Date` what time it is
UNFINISHED_MAX = 32  # responses not yet stored; a slow store slows the downloads
CONCURRENT_ITEMS = 4  # tasks that Scrapy starts for every response; a response is one unit
DOWNLOADER_MIDDLEWARES: dict[str, int | None] = {
    "middlewares.giveup.GiveUpMiddleware": 10,  # nearest to the engine: last to hear of an error
    "middlewares.redact.RedactMiddleware": 20,  # after decompression, before any spider
    "middlewares.slots.SlotMiddleware": 30,
    "middlewares.captured.CapturedMiddleware": 35,  # before all that is about asking a site
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # allows all on errors
    "middlewares.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,  # no source keeps a session
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "middlewares.retry.WaitingRetryMiddleware": 550,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,  # forgets one that loops
    "middlewares.redirect.CountedRedirectMiddleware": 600,
    "middlewares.session.SessionMiddleware": 835,  # what it puts off is no trial of the breaker
    "middlewares.breaker.BreakerMiddleware": 840,  # sees answers as they came
    "middlewares.once.OnceMiddleware": 845,  # what is put off before has claimed nothing
    "scrapy.downloadermiddlewares.stats.DownloaderStats": 998,  # what is sent
    # Ignored: proxies of the environment would take requests out of our hands.
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "middlewares.identity.IdentityMiddleware": 995,  # knows the session; secrets come last
}
SPIDER_MIDDLEWARES: dict[str, int | None] = {
    "middlewares.harvest.HarvestMiddleware": 1000,  # nearest to the spider: sees every error first
}
ITEM_PIPELINES = {
    "pipelines.raw.RawStorePipeline": 100,  # the object exists before its row
    "pipelines.postgres.PostgresPipeline": 200,
}

# --- Jobs: with REDIS_URL one frontier for any number of workers; on with -a job=... ----
ADDONS = {
    "crawlers.frontier.addon.FrontierAddon": 0,
    "crawlers.jobs.addon.LoneJobAddon": 0,  # the same for one worker, without Redis
}
JOB_HEARTBEAT_S = 5.0  # signs of life of a job's worker; after four that are missing it is gone
FRONTIER_KEY_PREFIX = "{crawlers}:"  # of every key; the braces keep them on one shard of a cluster
FRONTIER_LEASE_S = 60.0  # a dead worker's requests are given to others after that
FRONTIER_ATTEMPTS = 5  # leases that come to nothing; then a request is dead
FRONTIER_PREFETCH = 8  # requests in stock, so that nobody waits for Redis
FRONTIER_DEAD_DAYS = 7.0  # so long dead requests can be tried again after their job has ended
FRONTIER_JOBS = "crawlers.storage.jobs.jobs_for"  # where jobs and units are kept

# --- Jobs that were handed in: `scrapy work` starts them -------------------------------
DISPATCH_SILENCE_S = 20.0  # four heartbeats; a worker that is silent for longer has vanished
DISPATCH_GRACE_S = 60.0  # so long a worker takes to begin, on a machine that is busy
DISPATCH_FROZEN_S = 300.0  # a process that runs but is silent for so long is killed
DISPATCH_CANCEL_S = 30.0  # what is in flight may end before a cancelled worker is killed
DISPATCH_AGAIN_S = (5.0, 300.0)  # wait before the second attempt, tripled each time; the longest
DISPATCH_POLL_S = 1.0  # dispatchers are told of new jobs; this is for all that nobody tells

# --- Alerts: `scrapy work` and `scrapy alert deliver` send them ------------------------
ALERT_ATTEMPTS = 8  # about half a day; then a message is dead, and the history says why
ALERT_AGAIN_S = (30.0, 21_600.0)  # wait after the first attempt, times four each time; the longest
ALERT_LEASE_S = 120.0  # then a message of who died is sent again; nobody sends for as long
ALERT_POLL_S = 1.0  # between two looks at what is due

# --- Retries are children that wait ----------------------------------------------------
RETRY_TIMES = 5  # more tries after the first; a source with reasons says more
RETRY_HTTP_CODES = [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]  # 52x: Cloudflare's
RETRY_WAITS: dict[str, tuple[float, float, int | None]] = {
    # kind: first wait in seconds, doubled at each try; longest wait; tries, None: RETRY_TIMES.
    # Each wait is drawn between almost nothing and that, so that clients spread out.
    "refused": (2, 300, None),  # a restart takes seconds, a deployment minutes
    "dns": (5, 60, 3),  # a hiccup of the resolver passes soon, a name that is none never does
    "timeout": (5, 300, None),
    "lost": (1, 60, None),  # a cut in mid-transfer says little about the next one
    "server": (4, 300, None),
    "busy": (10, 600, None),  # a longer Retry-After ends the request: nobody waits for hours
    "turn": (1, 60, None),  # our own database
    "proxy": (1, 30, None),  # another exit takes over
    "browser": (1, 30, 3),  # a page that ends every browser is not worth more of them
}

# --- A site that is down is left alone -------------------------------------------------
BREAKER_ENABLED = True
BREAKER_FAILURES = 5  # different requests in a row; one bad page is its own retries' matter
BREAKER_FIRST_OPEN_S = 5.0  # doubled each time that the trial fails
BREAKER_LONGEST_OPEN_S = 300.0  # a site that is back is noticed within that
BREAKER_GIVE_UP_S = 1800.0  # then its requests end as refused, and the next crawl asks again

# --- Sessions: proxies and identities ---------------------------------------------------
SESSIONS_JOB = None  # the same name gives the same sessions; None: others for each crawl
SESSIONS_PER_SITE = 1  # visitors that one site sees at once; more of them spread over PROXY_URLS
PROXY_FIRST_REST_S = 5.0  # doubled each time that a proxy fails again
PROXY_LONGEST_REST_S = 600.0
PROXY_PATIENCE_S = 3600.0  # no proxy works for so long: requests end instead of waiting
IDENTITY_ROTATION_ENABLED = False  # truthful by default; True needs the extra `identity`

# --- Rendering -------------------------------------------------------------------------
BROWSER_PAGES_AT_ONCE = 4  # of all sessions; a page takes about 60 MB and half a core
BROWSER_PAGES_PER_CONTEXT = 50  # then a fresh one: cookies end, and what the browser leaks
BROWSER_CONTEXT_IDLE_S = 60.0  # a context that nobody opens a page in is closed
BROWSER_HANG_S = 15.0  # a browser that says nothing for so long is killed and replaced
# BROWSER_SANDBOX: Chromium's own; on except for root, whom it refuses

# --- Who listens -----------------------------------------------------------------------
EXTENSIONS: dict[str, Any] = {
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.closespider.CloseSpider": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "crawlers.extensions.items.ItemStats": -1,  # before LogStats reads its numbers
    "crawlers.extensions.items.ItemCloseSpider": 0,
    "crawlers.extensions.items.ItemFeedExporter": 0,
    "crawlers.jobs.worker.JobWorker": 5,  # before the record, which repeats its verdict
    "crawlers.extensions.records.CrawlRecord": 10,
    "crawlers.extensions.progress.Progress": 20,
    "crawlers.extensions.metrics.CrawlMetrics": 30,
}
LOG_FORMATTER = "crawlers.extensions.items.QuietLogFormatter"
LOG_LEVEL = "INFO"
METRICS_FLUSH_S = 10.0  # one statement in so long; what is watched is scraped as often
LOGSTATS_INTERVAL = 15.0  # seconds between plain progress lines
PROGRESS_ENABLED = True

# --- Feeds -----------------------------------------------------------------------------
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {
    "csv": "crawlers.extensions.items.SpacedCsvExporter",
    "jl": "crawlers.extensions.items.RowJsonLinesExporter",
    "jsonl": "crawlers.extensions.items.RowJsonLinesExporter",
    "jsonlines": "crawlers.extensions.items.RowJsonLinesExporter",
}

# --- The HTTP API ----------------------------------------------------------------------
API_BODY_S = 120  # a request has so long to send its body
ACCESS_TOKEN_S = 900.0  # a token that is stolen is good for so long
REFRESH_GRACE_S = 20.0  # tabs that ask at the same time show the same refresh token
SESSION_IDLE_DAYS = 7.0  # who has not been there for so long signs in again
SESSION_DAYS = 30.0  # and everybody after that
SIGN_IN_PER_NAME = "10 per 15 minute"  # of passwords for one name; who knows it is counted anew
SIGN_IN_PER_ADDRESS = "50 per 15 minute"  # a team may sit behind one address
AUDIT_ADDRESS_DAYS = 90.0  # so long the audit log says from where somebody came
API_ROUTERS = [  # modules, each with a `router`
    "crawlers.api.health",
    "crawlers.api.session",
    "crawlers.api.people",
    "crawlers.api.own_keys",
    "crawlers.api.audit",
    "crawlers.api.metrics",
    "crawlers.api.sources",
    "crawlers.api.jobs",
    "crawlers.api.job_results",
    "crawlers.api.sharing",
    "crawlers.api.collections",
    "crawlers.api.alerts",
    "crawlers.api.channels",
    "crawlers.api.reads.chess",
    "crawlers.api.chess_analyses",
    "crawlers.api.reads.duels",
    "crawlers.api.reads.esports",
    "crawlers.api.reads.prices",
    "crawlers.api.reads.products",
    "crawlers.api.reads.profiles",
]
API_MOUNTS = ["crawlers.web.app"]  # the dashboard, at every address that is not the API's
