"""A stand-in for the API of Apify: runs that take time, rows that appear, and a bill."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from email.utils import formatdate
from pathlib import Path
from time import monotonic
from typing import Any

from tests.replica.apify_rows import SHAPES
from tests.replica.apify_runs import ODD, Rules, Run
from tests.replica.described import JsonWorld
from tests.replica.http import Request, Response, json_response
from tests.replica.server import Site

LONGEST = 999_999_999_999
CAPS = {"timeout", "memory", "maxItems", "maxTotalChargeUsd"}
MESSAGES = {
    "not-enough-usage-to-run-paid-actor": (402, "By launching this job you will exceed your usage"),
    "platform-feature-disabled": (403, "Monthly usage hard limit exceeded"),
    "x402-payment-required": (402, "Please provide X402-PAYMENT-SIGNATURE header"),
    "actor-is-not-rented": (403, "You must rent a paid Actor in order to run it"),
    "actor-memory-limit-exceeded": (402, "You will exceed your memory limit"),
    "concurrent-runs-limit-exceeded": (402, "You will exceed your limit of concurrent runs"),
    "token-not-provided": (401, "Authentication token was not provided"),
    "invalid-token": (401, "Authentication token is not valid."),
    "insufficient-permissions": (403, "Insufficient permissions for the Actor run."),
    "invalid-request": (400, "POST data must be a JSON object"),
    "schema-validation-error": (400, "Input is not valid: Field input.usernames is required"),
    "max-items-must-be-greater-than-zero": (400, "Maximum items must be greater than zero"),
    "max-total-charge-usd-below-minimum": (400, "Maximum charge is below the minimum"),
    "record-not-found": (404, "Actor run was not found"),
    "page-not-found": (404, "Nothing to do here."),
    "rate-limit-exceeded": (429, "You have exceeded the rate limit of requests per second"),
}


@dataclass
class ApifyWorld(JsonWorld):
    """How the API behaves; JSON with `from_json`. Everything about people follows from *seed*."""

    followers: int = 50
    shared: int = 2
    seed: int = 1
    shape: str = "camel"
    odd: dict[str, str] = field(default_factory=dict)
    """What is special about an account: one of `ODD`."""
    rows_per_s: float = 1e6
    start_s: float = 0.0
    grace_s: float = 0.0
    """How long a run is in `TIMING-OUT` or `ABORTING`."""
    cost_s: float = 0.0
    """How long the cost of a run that has ended is preliminary."""
    rate: int = 0
    """Requests a second to one resource; 0: as many as come."""
    token: str = "replica_token"  # noqa: S105 - of the replica
    microusd_per_row: int = 100
    credit_microusd: int = 10**15
    endings: list[tuple[str, int | None]] = field(default_factory=list)
    """How the next runs end, and after how many rows; after these, all succeed."""
    refusals: list[str] = field(default_factory=list)
    """The errors that the next starts meet."""
    date_s: int | None = None
    """The time that every answer says it is, in epoch seconds; by default what it is."""

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        unknown = (set(self.odd.values()) - ODD) | ({self.shape} - set(SHAPES))
        if unknown := unknown | (set(self.refusals) - set(MESSAGES)):
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")


class ApifyReplica(Site):
    """The API: ``async with ApifyReplica(world) as site: site.origin, site.log``."""

    def __init__(
        self,
        world: ApifyWorld | None = None,
        port: int = 0,
        *,
        log_file: Path | None = None,
        backoff_s: float = 60,
    ) -> None:
        """Serve *world*, by default a quick one."""
        super().__init__(port, log_file=log_file, backoff_s=backoff_s)
        self.world = world or ApifyWorld()
        self.runs: list[Run] = []
        self.controls |= {"bill": self._control_bill, "change": self._control_change}
        self.controls |= {"others": self._control_others}
        self._second, self._asked = 0, Counter[str]()

    async def respond(self, request: Request) -> Response:
        """Answer as the API does."""
        response = self._answer(request)
        response.headers |= {
            "Date": formatdate(self.world.date_s, usegmt=True),
            "X-RateLimit-Limit": str(self.world.rate or 60),
        }
        return response

    def _answer(self, request: Request) -> Response:
        match request.path.strip("/").split("/"):
            case ["v2", "actors" | "acts", actor, "runs"]:
                resource = actor
                call = self._start if request.method == "POST" else self._list
            case ["v2", "actor-runs", resource]:
                call = self._run
            case ["v2", "actor-runs", resource, "abort"]:
                call = self._abort
            case ["v2", "datasets", resource, "items"]:
                call = self._items
            case ["v2", "key-value-stores", resource, "records", "INPUT"]:
                call = self._input
            case _:
                return error("page-not-found")
        if self._is_too_often(f"{call.__name__} {resource}"):
            return error("rate-limit-exceeded")
        if call != self._run and (refusal := self._refusal(request)):
            return error(refusal)
        return call(request)

    def _is_too_often(self, resource: str) -> bool:
        if int(monotonic()) != self._second:
            self._second = int(monotonic())
            self._asked.clear()
        self._asked[resource] += 1
        return bool(self.world.rate) and self._asked[resource] > self.world.rate

    def _refusal(self, request: Request) -> str | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or request.query.get("token", "")
        if not given:
            return "token-not-provided"
        return None if given == self.world.token else "invalid-token"

    def _list(self, request: Request) -> Response:
        offset, limit = (
            int(request.query.get(key, d)) for key, d in (("offset", 0), ("limit", 1000))
        )
        runs = self.runs[::-1] if request.query.get("desc") else self.runs
        items = [run.as_json(is_owner=True) for run in runs[offset : offset + limit]]
        page = {"total": len(runs), "offset": offset, "limit": limit, "count": len(items)}
        return json_response({"data": page | {"desc": True, "items": items}})

    def _start(self, request: Request) -> Response:
        world, query = self.world, request.query
        if not query.keys() >= CAPS:
            return error("invalid-request")  # not the API's own rule: nobody here goes without
        if world.refusals:
            return error(world.refusals.pop(0))
        if sum(run.charged_microusd for run in self.runs) >= world.credit_microusd:
            return error("not-enough-usage-to-run-paid-actor")
        if int(query["maxItems"]) <= 0:
            return error("max-items-must-be-greater-than-zero")
        status, rows = world.endings.pop(0) if world.endings else ("SUCCEEDED", None)
        run = self._begun(json.loads(request.body), query, (status, rows))
        answer = json_response({"data": run.as_json(is_owner=True)}, 201)
        answer.headers["Location"] = f"{self.origin}/v2/actor-runs/{run.id}"
        return answer

    def _begun(
        self, given: dict[str, Any], query: dict[str, str], ends: tuple[str, int | None]
    ) -> Run:
        shown = asdict(self.world)
        rules = Rules(**{one.name: shown[one.name] for one in fields(Rules)})
        run = Run(len(self.runs) + 1, given, query, rules, ends)
        self.runs.append(run)
        return run

    def _run(self, request: Request) -> Response:
        run = self._found(request, "id")
        if run is None:
            return error("record-not-found")
        is_owner = self._refusal(request) is None  # whoever knows the id may see the run
        return json_response({"data": run.as_json(is_owner=is_owner)})

    def _abort(self, request: Request) -> Response:
        run = self._found(request, "id")
        if run is None:
            return error("record-not-found")
        run.abort()
        return json_response({"data": run.as_json(is_owner=True)})

    def _input(self, request: Request) -> Response:
        run = self._found(request, "store")
        if run is None:
            return error("record-not-found")
        return json_response(run.input | {"proxy": {"useApifyProxy": True}})

    def _items(self, request: Request) -> Response:
        run = self._found(request, "dataset")
        if run is None:
            return error("record-not-found")
        offset, limit = (
            int(request.query.get(key, d)) for key, d in (("offset", 0), ("limit", LONGEST))
        )
        found = list(run.rows(offset, limit))
        rows = [row for row in found if row is not None] if request.query.get("clean") else found
        headers = {"Offset": offset, "Limit": limit, "Count": len(found), "Total": run.rows_ready}
        return Response(
            f"[{','.join(row or '{}' for row in rows)}]".encode(),
            headers={f"X-Apify-Pagination-{key}": str(value) for key, value in headers.items()}
            | {"X-Apify-Pagination-Desc": "false", "Content-Type": "application/json"},
        )

    def _found(self, request: Request, name: str) -> Run | None:
        wanted = request.path.strip("/").split("/")[2]
        return next((run for run in reversed(self.runs) if getattr(run, name) == wanted), None)

    async def _control_bill(self, _: object) -> object:
        return {
            "rows": sum(run.charged_rows for run in self.runs),
            "microusd": sum(run.charged_microusd for run in self.runs),
            "runs": [
                {"query": run.query, "input": run.input, "status": run.present_status}
                | {"rows": run.charged_rows, "microusd": run.charged_microusd}
                for run in self.runs
            ],
        }

    async def _control_others(self, count: int) -> object:
        """Let somebody else start that many runs."""
        query = {"maxItems": "1", "maxTotalChargeUsd": "1"}
        for number in range(count):
            given = {"usernames": [f"other{number}"], "resultsLimit": 1}
            self._begun(given, query, ("SUCCEEDED", None))
        return len(self.runs)

    async def _control_change(self, value: dict[str, Any]) -> object:
        """Set fields of the world."""
        self.world = ApifyWorld(**(asdict(self.world) | value))
        return asdict(self.world)


def error(kind: str) -> Response:
    """Answer with one of the API's errors."""
    status, message = MESSAGES[kind]
    return json_response({"error": {"type": kind, "message": message}}, status)
