"""From one record to its rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from crawlers.items.duels import DuelCard, DuelGame, DuelMatch, DuelReplay, Rps
from spiders.duelingbook.games import read_cards, read_game
from spiders.duelingbook.matches import Match, Players, matches_of
from spiders.duelingbook.plays import Play
from spiders.duelingbook.seats import partner, player
from spiders.duelingbook.vocabulary import SOLO, format_name

SEATS: Final = ("player1", "player2", "player3", "player4")


def read_replay(data: dict[str, Any]) -> DuelReplay:
    """Read one record. Raise what parsers and pydantic raise on what is not as described."""
    plays: list[Play] = data["plays"]
    if not plays:
        raise ValueError("a replay without plays")
    replay, solo = str(data["id"]), data["format"] == SOLO
    players = Players(tuple((data.get(seat) or {}).get("username") or None for seat in SEATS))
    matches: list[DuelMatch] = []
    games: list[DuelGame] = []
    cards: list[DuelCard] = []
    for number, match in enumerate(matches_of(plays), 1):
        decks = first_decks(data, match)
        matches.append(read_match(replay, number, match, players))
        for place, game in enumerate(match.games, 1):
            games.append(read_game((replay, number, place), game, players, decks))
            cards += read_cards((replay, number, place), game, players, decks)
            decks = next_decks(game.plays)
    return DuelReplay(
        id=replay,
        ended_at=datetime.strptime(data["date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC),
        format=data["format"],
        format_name=format_name(data["format"]),
        rules=data.get("rules"),
        match_type=data["match_type"],
        rated=data["rated"],
        solo=solo,
        tag=bool(data.get("tag_duel") or data.get("player3")),
        concealed=data.get("conceal"),
        version=data.get("version"),
        last_s=max((play["seconds"] for play in plays if "seconds" in play), default=None),
        plays=dict(Counter(play["play"] for play in plays)),
        matches=tuple(matches),
        games=tuple(games),
        cards=tuple(cards),
        **player(data, "player1", matches),
        **player(data, "player2", matches),
        **partner(data, "player3"),
        **partner(data, "player4"),
    )


def read_match(replay: str, number: int, match: Match, players: Players) -> DuelMatch:
    """Read one match; its games are rows of their own."""
    ending = match.ending
    started_s = match.opening[0].get("seconds", 0) if number > 1 and match.opening else 0
    given_up = ending is not None and ending["play"] != "Accept draw" and not players.solo
    loser = ending["username"] if ending and given_up else None
    results = [_winner_seat(game.ending, game.result, players) for game in match.games]
    throws = [play for play in match.plays if play["play"] == "RPS"]
    return DuelMatch(
        replay=replay,
        number=number,
        games=len(match.games),
        winner=players.opponent(loser) if loser else None,
        loser=loser,
        end_reason=ending["play"] if ending else None,
        started_s=started_s,
        ended_s=ending["seconds"] if ending else None,
        duration_s=ending["seconds"] - started_s if ending else None,
        player1_wins=results.count(0),
        player2_wins=results.count(1),
        draws=sum(game.result == "draw" for game in match.games),
        scores=tuple(p["score"] for p in match.plays if p["play"] == "Begin next duel"),
        rps=tuple(_throw(play) for play in throws),
        rps_winner=_chooser(throws),
        **_ratings(ending),
    )


def first_decks(data: dict[str, Any], match: Match) -> Mapping[str, Mapping[str, Any]]:
    """Return the decks at the beginning of *match*, by player; a rematch may give its own."""
    decks = _decks(data)
    for play in match.opening:
        if play["play"] == "Back to RPS":
            decks |= _decks(play)
    return decks


def next_decks(plays: Iterable[Play]) -> Mapping[str, Mapping[str, Any]]:
    """Return the decks that "Begin next duel" gives, by player."""
    return next((_decks(play) for play in plays if play["play"] == "Begin next duel"), {})


def _decks(holder: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = [holder.get(seat) for seat in SEATS]
    return {
        deck["username"]: deck
        for deck in found
        if isinstance(deck, dict) and deck.get("username") and "main_total" in deck
    }


def _ratings(ending: Play | None) -> dict[str, Any]:
    """Read the rating of both after the match; a judge's decision does not always say it."""
    values = {}
    for seat in SEATS[:2]:
        player = (ending or {}).get(seat)
        player = player if isinstance(player, dict) else {}
        values[f"{seat}_rating_change"] = player.get("points")
        values[f"{seat}_rating_after"] = player.get("rating")
    return values


def _winner_seat(ending: Play | None, result: str, players: Players) -> int | None:
    if ending is None or result != "won":
        return None
    winner = players.opponent(ending["username"])
    return players.names.index(winner) if winner else None


def _throw(play: Play) -> Rps:
    return Rps(
        at_s=play.get("seconds"),
        player1=play["player1_choice"],
        player2=play["player2_choice"],
        winner=play["winner"] or None,
    )


def _chooser(throws: list[Play]) -> str | None:
    winners = [play["winner"] for play in throws if play["winner"]]
    return winners[-1] if winners else None
