"""What must hold after a storm, by the site's log, the database and Redis: not by counts alone."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import Any

from tests.chaos.graph import HOSTS
from tests.chaos.services import MazeProcess
from tests.chaos.storm import Storm
from tests.chaos.worker import Plan
from tests.replica import max_overlap

LOSE_LEASES = ("kill", "freeze", "cut_redis", "cut_postgres", "reset", "restart_redis",
               "restart_postgres", "terminate_twice")  # fmt: skip
HELD_AT_MOST = 40
"""Requests that a worker has at a time: unfinished ones, and its stock."""


@dataclass
class Findings:
    """What was looked at, and what was wrong with it."""

    facts: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def equal(self, what: str, found: object, expected: object) -> None:
        """Note *found*, and that it is wrong unless it is as *expected*."""
        self.facts[what] = found
        if found != expected:
            self.wrong.append(f"{what}: {found}, expected {expected}")

    def none(self, what: str, found: Collection[object]) -> None:
        """Note how many were *found*; any is wrong."""
        self.facts[what] = len(found)
        if found:
            self.wrong.append(f"{what}: {len(found)}, for example {list(found)[:5]}")

    def at_most(self, what: str, found: float, limit: float) -> None:
        """Note *found*, and that it is wrong when it is more than *limit*."""
        self.facts[what] = f"{found} (limit {limit})"
        if found > limit:
            self.wrong.append(f"{what}: {found}, more than {limit}")


def check(plan: Plan, after: Storm) -> Findings:
    """Look at everything."""
    findings = Findings()
    findings.none("workers that ended by themselves before the job had", after.left)
    findings.none("workers with a traceback in their log", after.tracebacks())
    _rows(plan, findings)
    _units(plan, findings)
    redone = check_site(plan.site, findings)
    lost = sum(after.done[name] for name in LOSE_LEASES)
    findings.at_most("requests made again", redone, HELD_AT_MOST * lost)
    _redis(plan, findings)
    return findings


def _rows(plan: Plan, findings: Findings) -> None:
    """Every page is stored, once, as it was really served."""
    rows = plan.services.ask("select page, token from maze_pages order by page")
    served = plan.site.served()
    findings.equal("pages stored", len(rows), plan.maze.pages)
    made_up = [page for page, token in rows if token not in served.get(page, set())]
    findings.none("rows that were never served so", made_up)
    lost = set(range(plan.maze.pages)) - {page for page, _ in rows}
    findings.none("pages lost", lost)
    kept = plan.services.ask("select count(*) from quarantine")
    findings.equal("lines in quarantine", kept[0][0], 0)


def _units(plan: Plan, findings: Findings) -> None:
    """Every unit has ended, and the counts of requests are exact."""
    [(status, reason, requests, rows)] = plan.services.ask(
        "select status, reason, requests, rows from jobs"
    )
    findings.equal("the job", f"{status} {reason or ''}".strip(), "completed")
    ends = Counter(status for (status,) in plan.services.ask("select status from job_units"))
    findings.equal("units", ", ".join(f"{ends[end]} {end}" for end in ends), "10 done")
    # What is reached through a redirect is linked to directly, too: three requests, two rows.
    distinct = plan.maze.pages + 2 * plan.maze.redirects
    findings.equal("requests of the job", requests, distinct)
    [(total,)] = plan.services.ask("select sum(requests)::bigint from job_units")
    findings.equal("requests of all units", total, distinct)
    findings.equal("rows of the job", rows, plan.maze.pages + plan.maze.redirects)


def check_site(site: MazeProcess, findings: Findings) -> int:
    """No host saw too many requests at once, or too early. Return how many were made again."""
    redone = 0
    for host, visits in zip(HOSTS, site.visits(), strict=True):
        name = f"host for {host.concurrency} at once"
        spans = [(start, end) for _, start, end, _ in visits]
        findings.at_most(f"{name}: most at once", max_overlap(spans), host.concurrency)
        findings.wrong += crowds(visits, host.concurrency)
        targets = Counter(target for target, *_ in visits if target != "/robots.txt")
        redone += targets.total() - len(targets)
        if host.delay_s:
            # Counted from when the first may have come in, not from when the site had time for it.
            pairs = pairwise(sorted(visits, key=itemgetter(1)))
            early = [pair for pair in pairs if pair[1][1] - pair[0][1] + pair[0][3] < host.delay_s]
            findings.none(f"{name}: requests sooner than {host.delay_s} s", early)
    return redone


def crowds(visits: list[Any], limit: int) -> list[str]:
    """Describe the moments with more than *limit* visits, for whoever has to explain them."""
    found, there = [], list[Any]()
    for target, start, end, late in sorted(visits, key=itemgetter(1)):
        there = [one for one in there if start < (one[2] or start + 1)]
        if len(there) >= limit:
            those = "; ".join(f"{one[0]} {one[1]:.4f} to {one[2]}" for one in there)
            found.append(f"{target} at {start:.4f} ({late:.4f} late) beside {those}")
        there.append((target, start, end))
    return found[:5]


def _redis(plan: Plan, findings: Findings) -> None:
    """See that the job has left nothing behind."""
    with plan.services.redis.client(decode_responses=True) as client:
        keys = sorted(client.scan_iter("*"))
        left = [key for key in keys if ":job:" in key or key.endswith((":jobs", ":busy"))]
    findings.none("keys of the job that are left in Redis", left)
