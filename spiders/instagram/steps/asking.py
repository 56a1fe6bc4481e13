"""The requests of a batch, in the order in which it comes to them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pydantic_core import to_json
from scrapy import Request

from spiders.instagram.answers import MICRO
from spiders.instagram.batch import Batch
from spiders.instagram.steps.api import Api, start_key

RUNS_AT_ONCE = 100
RUN_TIMEOUT_S = 3600
MEMORY_MB = 1024
ROWS_AT_ONCE = 1000
FINAL_COST_S = 10.0
"""So long after its end what a run says of its cost is preliminary."""


def first(api: Api, batch: Batch) -> Request:
    """Return the first request of a batch; its address and its number are the batch's own."""
    request = runs(api, batch)
    request.meta["try"] = int(batch.name, 16)
    return request.replace(url=f"{request.url}#{batch.name}", dont_filter=False)


def runs(
    api: Api, batch: Batch, *, wait_s: float = 0, found: Sequence[dict[str, Any]] = ()
) -> Request:
    """Ask for the actor's runs; *found* are those of the pages before."""
    query = {"desc": 1, "limit": RUNS_AT_ONCE} | ({"offset": len(found)} if found else {})
    path = f"{_runs_path(api)}?{urlencode(query)}"
    return api.ask(path, "parse_runs", batch, wait_s=wait_s, found=list(found))


def input_of(api: Api, batch: Batch, candidates: Sequence[dict[str, Any]], now_ms: int) -> Request:
    """Ask what the first of the runs *candidates* is for."""
    path = f"/v2/key-value-stores/{candidates[0]['store']}/records/INPUT"
    return api.ask(path, "parse_input", batch, runs=list(candidates), now_ms=now_ms)


def start(api: Api, batch: Batch) -> Request:
    """Start a run, with every cap that there is. It is never sent a second time by itself."""
    cost = Decimal(batch.max_cost_microusd) / MICRO
    query = {
        "timeout": RUN_TIMEOUT_S,
        "memory": MEMORY_MB,
        "maxItems": batch.max_items,
        "maxTotalChargeUsd": f"{cost:f}",
    }
    body = to_json(api.actor.input(batch.left, batch.caps.max_followers))
    request = api.ask(f"{_runs_path(api)}?{urlencode(query)}", "parse_started", batch)
    request.meta["dont_retry"] = True
    # Not when it was intended: two crawls that read of the same end intend the same start.
    request.meta["once"] = [start_key(batch.name), [batch.attempt, batch.intents]]
    return request.replace(method="POST", body=body)


def run(api: Api, batch: Batch, *, wait_s: float = 0) -> Request:
    """Ask how the run is going."""
    return api.ask(_run_path(batch), "parse_run", batch, wait_s=wait_s)


def rows(api: Api, batch: Batch, *, is_last: bool) -> Request:
    """Ask for the rows from where the last page ended; *is_last*: the run has ended."""
    assert batch.run is not None  # noqa: S101 - its rows are read
    query = f"offset={batch.counts.offset}&limit={ROWS_AT_ONCE}&clean=1"
    path = f"/v2/datasets/{batch.run.dataset}/items?{query}"
    return api.ask(path, "parse_rows", batch, is_last=is_last)


def cost(api: Api, batch: Batch) -> Request:
    """Ask what the run has cost, when that is final."""
    return api.ask(_run_path(batch), "parse_cost", batch, wait_s=FINAL_COST_S)


def end(api: Api, batch: Batch, reason: str) -> Request:
    """Ask for anything: what was found before is committed by then, and the batch can be refused.

    *reason* says what became of the accounts without anything.
    """
    return api.ask(f"{_runs_path(api)}?limit=1", "parse_ended", batch, reason=reason)


def abort(api: Api, batch: Batch, problem: str) -> Request:
    """End the run, whose rows have a *problem*, before it costs more."""
    request = api.ask(f"{_run_path(batch)}/abort", "parse_aborted", batch, problem=problem)
    return request.replace(method="POST")


def _runs_path(api: Api) -> str:
    return f"/v2/actors/{api.actor.path}/runs"


def _run_path(batch: Batch) -> str:
    assert batch.run is not None  # noqa: S101 - there is one by then
    return f"/v2/actor-runs/{batch.run.id}"
