"""Every metric that ``/metrics`` has: its name, kind, labels and meaning, and how it is made."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from crawlers.storage.metrics import SECONDS

Row = tuple[Any, ...]
Found = Mapping[str, Iterable[Row]]
"""Rows of numbers, by the question of `crawlers.storage.metrics` or by what else was asked."""


class Sum(NamedTuple):
    """A counter of crawls: the metric's *name*, what its *label* says, and its *meaning*.

    Of every source those *values* of the label are told from the start, as 0: of a series that
    begins at 50, Prometheus sees no increase.
    """

    name: str
    label: str | None
    meaning: str
    values: tuple[str, ...] = ("",)


SUMS: Final[Mapping[str, Sum]] = {
    "requests": Sum("crawlers_crawl_requests", None, "Requests sent to sites"),
    "responses": Sum("crawlers_crawl_responses", "status", "Answers of sites, by first digit",
                     tuple("12345")),
    "rows": Sum("crawlers_crawl_rows", "outcome", "Rows that crawls brought",
                ("new", "changed", "unchanged", "removed")),
    "quarantined": Sum("crawlers_crawl_quarantined", None, "What went to quarantine"),
    "pages": Sum("crawlers_crawl_pages", "outcome", "Pages by what became of them",
                 ("stored", "quarantined", "blocked", "refused")),
    "errors": Sum("crawlers_crawl_errors", None, "Errors in the logs of crawls"),
    "retries": Sum("crawlers_crawl_retries", None, "Requests tried again"),
    "given_up": Sum("crawlers_crawl_given_up", None, "Requests given up after all tries"),
    "batches": Sum("crawlers_batches", None, "Transactions that stored harvests"),
    "batch_rows": Sum("crawlers_batch_rows", None, "Rows in these transactions"),
    "browser": Sum("crawlers_browser_events", "event", "Pages rendered, browsers lost",
                   ("pages", "lost")),
    "proxy_failures": Sum("crawlers_proxy_failures", "kind", "Requests that a proxy failed", ()),
    "proxy_waits": Sum("crawlers_proxy_waits", None, "Requests that found every proxy resting"),
    "breaker": Sum("crawlers_breaker_events", "event", "What circuit breakers did", ()),
    "leases": Sum("crawlers_frontier_lease_events", "event", "Leases that came to no good end",
                  ("released", "late", "lost", "stale", "refused")),
    "robots_forbidden": Sum("crawlers_robots_forbidden", None, "Requests that robots.txt forbids"),
}  # fmt: skip


class Level(NamedTuple):
    """A gauge: the question and the column that give it, and what the first columns label."""

    name: str
    question: str
    column: int
    labels: tuple[str, ...]
    meaning: str


LEVELS: Final = (
    Level("crawlers_up", "up", 1, ("part",), "Whether a part answers"),
    Level("crawlers_jobs", "jobs", 2, ("source", "state"), "Jobs that have not ended"),
    Level("crawlers_job_queue_age_seconds", "jobs", 3, ("source", "state"), "The longest wait"),
    Level("crawlers_workers", "workers", 0, (), "Workers that have not ended"),
    Level("crawlers_worker_silence_seconds", "workers", 1, (), "The longest silence of one"),
    Level("crawlers_last_crawl_timestamp_seconds", "crawls", 2, ("source", "status"),
          "When a crawl of the source last ended so"),
    Level("crawlers_schedules_overdue", "schedules", 0, (), "Entries late by five minutes"),
    Level("crawlers_table_rows", "tables", 1, ("table",), "About how many rows a table has"),
    Level("crawlers_table_bytes", "tables", 2, ("table",), "Its size with indexes"),
    Level("crawlers_site_wait_seconds", "turns", 1, ("site",), "How long a serial site rests yet"),
    Level("crawlers_places_taken", "places", 0, (), "Turns and places held, as locks"),
    Level("crawlers_places_awaited", "places", 1, (), "Who waits for such a lock"),
    Level("crawlers_database_connections", "connections", 1, ("state",), "Sessions of clients"),
    Level("crawlers_database_pool", "pool", 1, ("what",), "Connections of this process"),
    Level("crawlers_backup_timestamp_seconds", "backup", 0, (), "When the last backup was made"),
    Level("crawlers_backup_bytes", "backup", 1, (), "Its size as it is stored"),
    Level("crawlers_frontier_requests", "frontier", 1, ("state",), "Requests of all shared jobs"),
    Level("crawlers_api_streams", "streams", 0, (), "Streams that are open"),
)  # fmt: skip
DOWNLOADS: Final = "crawlers_download_seconds"
REQUESTS: Final = "crawlers_api_request_seconds"
"""The histogram that this process keeps by itself: route templates, never addresses."""


def families(found: Found) -> Iterator[Metric]:
    """Yield the metrics that *found* gives; what could not be asked is left out."""
    for level in LEVELS:
        gauge = GaugeMetricFamily(level.name, level.meaning, labels=level.labels)
        for row in found.get(level.question, ()):
            if row[level.column] is not None:
                gauge.add_metric([str(one) for one in row[: len(level.labels)]], row[level.column])
        yield gauge
    totals: dict[str, list[Row]] = defaultdict(list)
    for name, *rest in found.get("totals", ()):
        totals[name].append(tuple(rest))
    for name, one in SUMS.items():
        labels = ["source", *filter(None, [one.label])]
        counter = CounterMetricFamily(one.name, one.meaning, labels=labels)
        zeros = {
            (source, value): 0 for (source,) in found.get("sources", ()) for value in one.values
        }
        for key, n in (zeros | {(source, label): n for source, label, n in totals[name]}).items():
            counter.add_metric([*key][: len(labels)], n)
        yield counter
    yield _downloads(totals)


def _downloads(totals: Mapping[str, list[Row]]) -> Metric:
    """Return the histogram of downloads, by source."""
    histogram = HistogramMetricFamily(DOWNLOADS, "How long downloads took", labels=["source"])
    sums = {source: n / 1000 for source, _, n in totals.get("download_ms", ())}
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for source, label, n in totals.get("download", ()):
        counts[source][label] = n
    for source, by_bound in counts.items():
        below, buckets = 0, []
        for bound in (*map(str, SECONDS), "inf"):
            below += by_bound.get(bound, 0)
            buckets.append(("+Inf" if bound == "inf" else bound, below))
        histogram.add_metric([source], buckets, sums.get(source, 0.0))
    return histogram


def names() -> set[str]:
    """Return the name of every series that there can be."""
    counters = {f"{one.name}_total" for one in SUMS.values()}
    parts = {f"{name}_{part}" for name in (DOWNLOADS, REQUESTS)
             for part in ("bucket", "count", "sum")}  # fmt: skip
    return {level.name for level in LEVELS} | counters | parts
