"""From one game's plays to its rows."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from crawlers.items.duels import DuelCard, DuelGame, LifeChange
from spiders.duelingbook.cards import Seen, cards_seen, opening_hands
from spiders.duelingbook.matches import Game, Players
from spiders.duelingbook.plays import Play, log_lines, text_of

Place = tuple[str, int, int]
"""Replay, number of the match, number of the game."""
Decks = Mapping[str, Mapping[str, Any]]

CHOSE: Final = "Chose to go "


def read_game(place: Place, game: Game, players: Players, decks: Decks) -> DuelGame:
    """Read one game. Raise ValueError and its kin for what is not as described."""
    ending, pick = game.ending, game.pick
    result = "unfinished" if players.solo else game.result
    loser = ending["username"] if ending and result == "won" else None
    changes = tuple(_life_changes(game))
    chooser, chose = _choice(pick)
    first = _first(pick)
    for name in filter(None, (chooser, first, *(change.player for change in changes))):
        if name not in players.names:
            raise ValueError(f"{name!r} chooses, begins or has life points, but does not play")
    return DuelGame(
        replay=place[0],
        match=place[1],
        number=place[2],
        result=result,
        winner=players.opponent(loser) if loser else None,
        loser=loser,
        end_reason=ending["play"] if ending else None,
        chooser=chooser,
        chose=chose,
        went_first=first,
        turns=game.turns,
        started_s=pick["seconds"],
        ended_s=ending["seconds"] if ending else None,
        duration_s=ending["seconds"] - pick["seconds"] if ending else None,
        opening_hands=opening_hands(pick),
        life={change.player: change.total for change in changes},
        life_changes=changes,
        **_totals(players, decks),
    )


def read_cards(place: Place, game: Game, players: Players, decks: Decks) -> Iterator[DuelCard]:
    """Yield a row for each card that the game shows."""
    for (player, name), seen in cards_seen(iter(game.plays), decks).items():
        if player not in players.names:
            raise ValueError(f"{name!r} belongs to {player!r}, who does not play")
        yield _card(place, player, name, seen)


def _card(place: Place, player: str, name: str, seen: Seen) -> DuelCard:
    about = seen.about
    custom = about.get("custom")
    return DuelCard(
        replay=place[0],
        match=place[1],
        game=place[2],
        player=player,
        card=name,
        card_id=about.get("id"),
        passcode=about.get("serial_number") or None,
        card_type=about.get("card_type") or None,
        frame=about.get("monster_color") or None,
        custom=None if custom is None else bool(custom),
        drawn=seen.drawn,
        seen=seen.copies,
    )


def _choice(pick: Play) -> tuple[str | None, str | None]:
    """Return who chose, and what; in solo mode nobody does."""
    for line in log_lines(pick):
        text = text_of(line)
        if text.startswith(CHOSE):
            chose = text.removeprefix(CHOSE)
            if chose not in {"first", "second"}:
                raise ValueError(f"{text!r}, expected first or second")
            return line["username"], chose
    return None, None


def _first(pick: Play) -> str:
    """Return who goes first, who is not always who chose."""
    first = pick["username"]
    if "order" in pick and pick["order"][0] != first:
        raise ValueError(f"{first!r} goes first, but the order is {pick['order']!r}")
    return str(first)


def _life_changes(game: Game) -> Iterator[LifeChange]:
    for play in game.until_end():
        if play["play"] == "Life points":
            yield LifeChange(
                at_s=play.get("seconds"),
                player=play["username"],
                change=play["amount"],
                total=play["life"],
            )


def _totals(players: Players, decks: Decks) -> dict[str, Any]:
    values = {}
    for seat, name in zip(("player1", "player2"), players.names, strict=False):
        deck = decks.get(name or "", {})
        values[f"{seat}_main_total"] = deck.get("main_total")
        values[f"{seat}_extra_total"] = deck.get("extra_total")
    return values
