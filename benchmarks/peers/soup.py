"""The same extraction with BeautifulSoup on lxml, as its users write it: values, unchecked."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup, Tag

Values = dict[str, Any]
NOTHING = {"", "-", "–", "TBD"}  # noqa: RUF001 - the site's dash
STATS = {
    "maps": "maps", "rnd": "rounds", "rating2": "rating", "acs": "acs", "kd": "kd",
    "kast": "kast_percent", "adr": "adr", "kpr": "kpr", "apr": "apr", "fkfd": "fkfd",
    "fbpr": "fkpr", "fdpr": "fdpr", "hsp": "headshot_percent", "clp": "clutch_percent",
    "kmax": "kills_max", "k": "kills", "d": "deaths", "a": "assists", "fk": "first_kills",
    "fd": "first_deaths",
}  # fmt: skip
BOARD = {
    "rating2": "rating", "acs": "acs", "kills": "kills", "deaths": "deaths",
    "assists": "assists", "kd-diff": "kd_difference", "kast": "kast_percent", "adr": "adr",
    "hsp": "headshot_percent", "fb": "first_kills", "fd": "first_deaths",
    "fk-diff": "fk_difference",
}  # fmt: skip


def text(node: Tag | None) -> str | None:
    """Return a node's text, white space as one space."""
    return " ".join(node.get_text().split()) or None if node else None


def own(node: Tag | None) -> str | None:
    """Return the text that stands directly in a node."""
    return " ".join("".join(node.find_all(string=True, recursive=False)).split()) if node else None


def number(value: str | None) -> float | None:
    """Read a number; what the site leaves empty is None."""
    bare = (value or "").strip().rstrip("%")
    return None if bare in NOTHING else float(bare.replace(",", ""))


def id_of(href: Any) -> str | None:
    """Return the first number of a path."""
    found = re.search(r"/(\d+)(?=[/?]|$)", str(href))
    return found[1] if found else None


def flag(node: Tag | None) -> str | None:
    """Return the country of a flag."""
    marks = [mark for mark in (node.get_attribute_list("class") if node else []) if mark != "flag"]
    code = str(marks[0]).removeprefix("mod-") if marks else None
    return None if code == "un" else code


def results(body: bytes) -> list[Values]:
    """Read a list of results."""
    soup = BeautifulSoup(body, "lxml")
    return [_card(link) for link in soup.select("a.match-item")]


def _card(link: Tag) -> Values:
    box = link.parent
    label = box.find_previous_sibling(class_="wf-label") if box else None
    found: Values = {"match_id": id_of(link["href"]), "day_text": own(label)}
    for place, team in enumerate(link.select(".match-item-vs-team"), 1):
        found[f"team{place}_name"] = text(team.select_one(".match-item-vs-team-name .text-of"))
        found[f"team{place}_country"] = flag(team.select_one(".flag"))
        found[f"team{place}_score"] = number(text(team.select_one(".match-item-vs-team-score")))
    found["time_text"] = text(link.select_one(".match-item-time"))
    found["status"] = (text(link.select_one(".ml-status")) or "").lower()
    found["eta"] = text(link.select_one(".ml-eta"))
    found["series"] = text(link.select_one(".match-item-event-series"))
    found["event"] = own(link.select_one(".match-item-event"))
    winner = link.select_one(".match-item-vs-team.mod-winner")
    found["winner"] = link.select(".match-item-vs-team").index(winner) + 1 if winner else None
    return found


def match(body: bytes) -> tuple[Values, list[Values], list[Values], list[Values]]:
    """Read a match: its head, maps, rounds, players."""
    soup = BeautifulSoup(body, "lxml")
    games = soup.select(".vm-stats-game")
    maps = [game for game in games if game["data-game-id"] != "all"]
    return (
        _head(soup),
        [_map(game) for game in maps if game.select_one(".vm-stats-game-header")],
        [line for game in games for line in _rounds(game)],
        [line for game in games for line in _players(game)],
    )


def _head(soup: BeautifulSoup) -> Values:
    event = soup.select_one(".match-header-event")
    assert event  # noqa: S101 - the pages are ours
    stamp = soup.select_one(".match-header-date .moment-tz-convert")
    at = datetime.fromisoformat(str(stamp["data-utc-ts"])) if stamp else None
    scores = [
        number(text(score)) for score in soup.select(".match-header-vs-score .sp-hide span")
        if text(score) not in {":", None}
    ]  # fmt: skip
    found: Values = {
        "event_id": id_of(event["href"]),
        "event_name": text(event.select_one("div > div:not(.match-header-event-series)")),
        "stage": text(event.select_one(".match-header-event-series")),
        "starts_at": at.replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC) if at else at,
        "note": text(soup.select_one(".match-header-note")),
    }
    for place in (1, 2):
        link = soup.select_one(f".match-header-link.mod-{place}")
        elo = text(soup.select_one(f".match-header-link.mod-{place} .match-header-link-name-elo"))
        found[f"team{place}_id"] = id_of(link["href"]) if link else None
        found[f"team{place}_name"] = text(link.select_one(".wf-title-med")) if link else None
        found[f"team{place}_rating"] = number(elo.strip("[]")) if elo else None
        found[f"team{place}_score"] = scores[place - 1] if scores else None
    return found


def _map(game: Tag) -> Values:
    found: Values = {"game_id": game["data-game-id"]}
    found["map"] = own(game.select_one(".vm-stats-game-header .map span"))
    found["duration"] = text(game.select_one(".map-duration"))
    picked = game.select_one(".picked")
    marks = picked.get_attribute_list("class") if picked else []
    found["picked_by"] = next((place for place in (1, 2) if f"mod-{place}" in marks), None)
    for place, team in enumerate(game.select(".vm-stats-game-header .team"), 1):
        score = team.select_one(".score")
        found[f"team{place}_score"] = number(text(score))
        if score and "mod-win" in score.get_attribute_list("class"):
            found["winner"] = place
        for side, name in (("t", "attack"), ("ct", "defence"), ("ot", "overtime")):
            found[f"team{place}_{name}"] = number(text(team.select_one(f"span.mod-{side}")))
    return found


def _rounds(game: Tag) -> Iterator[Values]:
    for column in game.select(".vlr-rounds-row-col[title]"):
        squares = column.select(".rnd-sq")
        for place, square in enumerate(squares, 1):
            marks = square.get_attribute_list("class")
            if "mod-win" in marks:
                image = square.select_one("img")
                method = re.search(r"/([a-z]+)\.\w+$", str(image["src"])) if image else None
                one, _, two = str(column["title"]).partition("-")
                yield {
                    "game_id": game["data-game-id"],
                    "number": number(text(column.select_one(".rnd-num"))),
                    "winner": place,
                    "side": "ct" if "mod-ct" in marks else "t",
                    "method": method[1] if method else None,
                    "team1_score": int(one),
                    "team2_score": int(two),
                }


def _players(game: Tag) -> Iterator[Values]:
    for team, table in enumerate(game.select(".ovw-table"), 1):
        for row in table.select(".ovw-row:not(.mod-head)"):
            link = row.select_one(".mod-player a")
            who = {
                "game_id": game["data-game-id"],
                "team": team,
                "player_id": id_of(link["href"]) if link else None,
                "player_name": text(row.select_one(".ovw-player-name")),
                "team_tag": text(row.select_one(".ovw-player-tag")),
                "country": flag(row.select_one(".flag")),
                "agents": tuple(image["title"] for image in row.select(".ovw-agents img")),
            }
            cells = {str(cell["data-col"]): cell for cell in row.select("[data-col]")}
            for side in ("both", "t", "ct"):
                numbers = {
                    field: number(text(cells[name].find(class_=f"mod-{side}")))
                    for name, field in BOARD.items()
                }
                if side == "both" or any(value is not None for value in numbers.values()):
                    yield who | {"side": side} | numbers


def stats(body: bytes) -> list[Values]:
    """Read a page of statistics."""
    soup = BeautifulSoup(body, "lxml")
    return [_line(row) for row in soup.select("table.st-table tbody tr")]


def _line(row: Tag) -> Values:
    player = row.select_one("td.mod-player a")
    cells = {str(cell["data-col"]): cell for cell in row.select("td[data-col]")}
    clutches = text(cells["cl"])
    won, _, played = (clutches or "").partition("/")
    return {
        "player_id": id_of(player["href"]) if player else None,
        "player_name": text(row.select_one("td.mod-player .text-of")),
        "team_tag": text(row.select_one("td.mod-player .st-pl-country")),
        "country": flag(row.select_one("td.mod-player .flag")),
        "icons": tuple(image["src"] for image in cells["agents"].find_all("img")),
        "clutches_won": number(won),
        "clutches_played": number(played),
    } | {field: number(text(cells[name])) for name, field in STATS.items()}
