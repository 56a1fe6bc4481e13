"""A stand-in for duelingbook.com: a replay page whose script asks for the record."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.replica.described import JsonWorld
from tests.replica.duel_records import record
from tests.replica.duels import some_records
from tests.replica.http import Request, Response, json_response
from tests.replica.server import Site

HOW = frozenset(
    {
        *("captcha", "turnstile", "token", "login", "stall-page", "stall"),
        *("missing", "progress", "failed", "other", "listing"),
    }
)
"""What may be in the way of a replay; the records themselves stay as they are."""

SAID = {"missing": "Replay does not exist"}
"""What the page says by itself, without asking for a record."""
ERRORS = {
    "token": "Invalid Token",
    "login": "You must be logged in to view this replay",
    "progress": "Duel is still in progress. Please wait until it is finished",
    "failed": "Failed to read replay data",
}
PAGE = """<!doctype html><html><head><title>Replay - Duelingbook</title>
<script src="/recaptcha/api.js?render=replica"></script></head><body>
<canvas id="field" width="300" height="200"></canvas><p id="said">SAID</p>
<div class="grecaptcha-badge" style="width: 256px; height: 60px">
<iframe src="/recaptcha/api2/anchor?size=invisible&k=replica" width="256" height="60"></iframe>
</div>CHALLENGE<script>SCRIPT</script></body></html>"""
CHALLENGES = {
    "captcha": '<iframe src="/recaptcha/api2/anchor?ar=1&k=replica" width="304" height="78">'
    "</iframe>",
    "turnstile": '<div class="cf-turnstile" style="width: 300px; height: 65px">Verify</div>',
}
SCRIPT = """
(async () => {
  const id = (new URLSearchParams(location.search).get('id') || '').split('-').pop();
  const form = new FormData();
  form.append('token', 'token-of-the-replica');
  form.append('recaptcha_version', '3');
  form.append('master', 'null');
  const answer = await fetch('/view-replay?id=' + id, {method: 'POST', body: form});
  const data = await answer.json();
  const pen = document.getElementById('field').getContext('2d');
  (data.plays || []).forEach((play, i) => pen.fillRect(i % 300, play.seconds % 200, 1, 1));
  const said = document.getElementById('said');
  said.textContent = data.message || data.player1.username + ' - ' + data.player2.username;
})();
"""


@dataclass
class DuelWorld(JsonWorld):
    """What the site holds and how it behaves; JSON with `from_json`."""

    replays: int = 6
    first_id: int = 70_000_001
    seed: int = 1
    odd: dict[str, str] = field(default_factory=dict)
    """What is in the way, by replay id: one of `HOW`."""

    def __post_init__(self) -> None:
        """Refuse what nobody plays."""
        if unknown := set(self.odd.values()) - HOW:
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")

    def records(self) -> dict[str, dict[str, Any]]:
        """Return every record by replay id, equal for equal worlds."""
        specs = some_records(self.replays, self.first_id, self.seed)
        return {str(spec.id): record(spec) for spec in specs}


class DuelingBookReplica(Site):
    """The site: ``async with DuelingBookReplica(world) as site: site.origin, site.log``."""

    def __init__(
        self,
        world: DuelWorld | None = None,
        port: int = 0,
        *,
        log_file: Path | None = None,
        backoff_s: float = 60,
    ) -> None:
        """Serve *world*, by default a small one."""
        super().__init__(port, log_file=log_file, backoff_s=backoff_s)
        self.world = world or DuelWorld()
        self.records = self.world.records()
        self.controls |= {"odd": self._control_odd}

    async def respond(self, request: Request) -> Response:
        """Answer as the site does: always with status 200, whatever is wrong."""
        replay = request.query.get("id", "").rpartition("-")[2]
        how = self.world.odd.get(replay, "" if replay in self.records else "missing")
        match request.method, request.path:
            case "GET", "/replay":
                return await self._page(how)
            case _, "/view-replay":
                return await self._view(request, replay, how)
            case "GET", path if path.startswith("/recaptcha/"):
                return Response(b"", headers={"Content-Type": "text/javascript"})
        return Response(b"", 404)

    async def _page(self, how: str) -> Response:
        if how == "stall-page":
            await asyncio.Event().wait()
        script = "" if how in SAID or how in CHALLENGES else SCRIPT
        html = PAGE.replace("SAID", SAID.get(how, "Loading"))
        html = html.replace("CHALLENGE", CHALLENGES.get(how, "")).replace("SCRIPT", script)
        return Response(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})

    async def _view(self, request: Request, replay: str, how: str) -> Response:
        if request.method != "POST" or b"token-of-the-replica" not in request.body:
            return error("Missing token")
        if how == "stall":
            await asyncio.Event().wait()
        if how in ERRORS:
            return error(ERRORS[how])
        if not replay or how == "listing":
            return json_response({"action": "Load replays", "duels": []})
        if how == "other":
            replay = next(other for other in self.records if other != replay)
        return json_response(self.records[replay]) if replay in self.records else error("No replay")

    async def _control_odd(self, value: dict[str, str]) -> object:
        """{replay id: one of `HOW`}: what is in the way from now on; null clears."""
        self.world.odd = DuelWorld(odd=value or {}).odd
        return self.world.odd


def error(message: str) -> Response:
    """Answer with one of the site's errors."""
    return json_response({"action": "Error", "message": message})
