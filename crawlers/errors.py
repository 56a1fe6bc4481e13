"""Every exception of the project. Each docstring says who raises it and when."""


class CrawlersError(Exception):
    """Root of the tree, for callers that want to catch whatever is ours."""


class ConfigError(CrawlersError):
    """Raised by `crawlers.config` when an environment variable has a wrong value."""


class PageError(CrawlersError):
    """Raised while reading a page that breaks an assumption; the page goes to quarantine."""

    def __init__(self, url: str, problem: str) -> None:
        """Say at *url* what was expected and what was there instead."""
        super().__init__(f"{url}: {problem}")
        self.url = url
        self.problem = problem


class ItemError(PageError):
    """Raised while reading a page when values do not fit their item."""


class BlockedError(PageError):
    """Raised by a page that turns out to be a captcha, a login wall or a block notice."""


class LoginError(BlockedError):
    """Raised by a page that shows nothing without an account. There are no accounts here."""


class MissingError(PageError):
    """Raised by a page that says that the thing asked for does not exist."""


class RegionError(PageError):
    """Raised by a page that says that the thing asked for is not shown in the asker's country."""


class NotReadyError(PageError):
    """Raised by a page that says that the thing asked for is still being made; ask again later."""


class UpstreamError(PageError):
    """Raised by a page that says that the site itself failed to get the thing asked for."""


class CaptureError(CrawlersError):
    """Raised by `crawlers.captures` for a saved file that cannot be read, or was not named."""


class AddressError(CrawlersError):
    """Raised by the download handler for an address that the crawler must not reach."""


class PrivateAddressError(AddressError, OSError):
    """Raised by `crawlers.alerts` for a connection: libraries close what they have begun."""


class RobotsError(CrawlersError):
    """Raised by the robots middleware for a request that robots.txt forbids, or leaves unknown."""


class EngineError(CrawlersError):
    """Raised at the start of a crawl when Scrapy's engine is not as `crawlers.engine` expects."""


class WireError(CrawlersError):
    """Raised by `crawlers.wire` for a request that is not plain data, or not one of ours."""


class FrontierError(CrawlersError):
    """Raised by `crawlers.frontier` when Redis cannot be used, or does not hold what it should."""


class JobError(CrawlersError):
    """Raised for a job that cannot be worked on: ended, of another source, with other arguments."""


class ScheduleError(CrawlersError):
    """Raised for periodic work that cannot be: unknown, or with a wrong expression, zone, name."""


class AlertError(CrawlersError):
    """Raised for a collection, a channel or a rule that cannot be; *field* is what is wrong."""

    def __init__(self, problem: str, field: str = "") -> None:
        """Say what the *problem* is, and with which *field* of what was asked."""
        super().__init__(problem)
        self.field = field


class TakenError(AlertError):
    """Raised where a name stands for another thing, or a thing is in use."""


class NodeError(CrawlersError):
    """Raised by `crawlers.jobs` for what a place that runs workers refuses. Has no credentials."""


class NodeAwayError(NodeError):
    """Raised by `crawlers.jobs` where nobody answers as a Scrapyd does."""

    def __init__(self, reason: str, *, is_sent: bool) -> None:
        """Give the *reason*, and whether the call may have come through all the same."""
        super().__init__(reason)
        self.is_sent = is_sent


class SiteAwayError(CrawlersError):
    """Raised by the circuit breaker for a request that nobody can postpone, such as robots.txt."""

    def __init__(self, key: str, until_ms: int) -> None:
        """Say that the site at *key* is not asked before *until_ms* (epoch ms)."""
        super().__init__(f"{key} does not answer and is left alone for now")
        self.until_ms = until_ms


class SiteDownError(CrawlersError):
    """Raised by the circuit breaker for a request to a site that has been away for too long."""


class SentBeforeError(CrawlersError):
    """Raised by the once middleware for a request that may have been sent and must not be again."""


class BrowserError(CrawlersError):
    """Raised by the download handler when the browser failed, and not the site in it."""


class RenderError(CrawlersError):
    """Raised by the download handler for what no browser can render: a file, a bad recipe."""


class TurnLostError(CrawlersError):
    """Raised by a serial turn or a shared place that ended early: lock lost, deadline passed."""


class TurnClosedError(CrawlersError):
    """Raised by a turn or a place that had not begun when the crawl closed. Nothing was sent."""


class ProxyError(CrawlersError):
    """Root of what goes wrong on the way through a proxy. Holds no credentials."""

    def __init__(self, kind: str, reason: str) -> None:
        """Name the *kind* (``credentials``, ``refused``, ``tunnel``, ...) and the *reason*."""
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class ProxyDownError(ProxyError):
    """Raised by the download handler when no proxy took the request. Nothing was sent.

    Kinds: ``refused`` and ``timeout`` (cannot be connected to), ``credentials`` (407), ``stale``
    (its session has ended meanwhile), ``none`` (no usable proxy is left: the request ends).
    """


class ProxyTunnelError(ProxyError):
    """Raised by the download handler when a proxy answered instead of the site; it is retried.

    Kind ``tunnel``: 502, a refused CONNECT, an error of the vendor.
    """


class AnalysisError(CrawlersError):
    """Raised by `crawlers.analysis` when there is no chess engine that can be used."""


class GameRefusedError(CrawlersError):
    """Raised by `crawlers.analysis` for a game that cannot be analysed, and says why."""


class EngineFailedError(GameRefusedError):
    """Raised for a game at which an engine failed however often it was started anew."""


class NamesError(CrawlersError):
    """Raised by `crawlers.gender` when the data of names is missing or cannot be made ready."""


class StorageError(CrawlersError):
    """Raised by `crawlers.storage` when something could not be stored, after its own retries."""


class RawStoreError(StorageError):
    """Raised by the raw store: disk full, read-only, wrong credentials, missing object."""


class MissingObjectError(RawStoreError):
    """Raised by the raw store for an object that is not there."""


class BackupError(StorageError):
    """Raised by `crawlers.storage.backups` for a backup that cannot be made, read or restored."""


class MigrationError(StorageError):
    """Raised when the database's schema does not fit this version of the project."""


class ProviderError(CrawlersError):
    """Raised by the API where an identity provider does not say which keys it signs with."""


class AccountError(CrawlersError):
    """Raised for an account that cannot be made or changed so: a name, a role, a password."""
