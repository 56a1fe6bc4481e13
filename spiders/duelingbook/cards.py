"""The cards that a game shows, by the player in whose deck they are."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from spiders.duelingbook.plays import Play, log_lines, quoted, text_of

OUT_OF_DECK: Final = ("Drew", "from Deck", "from top of deck")
INTO_DECK: Final = ("to top of deck", "to bottom of deck")


@dataclass
class Seen:
    """What is known of one card in one player's deck."""

    about: dict[str, Any] = field(default_factory=dict)
    """The card as the site describes it, when it was first seen."""
    slots: set[int] = field(default_factory=set)
    """Places in the deck; each is one copy."""
    out: int = 0
    drawn: int = 0

    def move(self, step: int) -> None:
        """Count one copy out of the deck (1) or back into it (-1)."""
        self.out += step
        self.drawn = max(self.drawn, self.out)

    @property
    def copies(self) -> int:
        """Different copies seen; old records have no slots."""
        return len(self.slots) or max(self.drawn, 1)


class Owners:
    """Whose card an instance is. Instances are numbered anew by every shuffle.

    A play names the owner of a card that moves to its owner's pile, but not always: of a card that
    a player takes out of his opponent's graveyard it names the player alone.
    """

    def __init__(self, decks: Mapping[str, Mapping[str, Any]]) -> None:
        """Begin with each player's *decks*: ``start`` and totals, as the record gives them."""
        self._of: dict[int, str] = {}
        for player, deck in decks.items():
            start = deck.get("start")
            if isinstance(start, int):
                total = (deck.get("main_total") or 0) + (deck.get("extra_total") or 0)
                self._of.update(dict.fromkeys(range(start, start + total), player))

    def learn(self, play: Play) -> None:
        """Follow the new numbers of a shuffled hand or deck."""
        player = play.get("owner") or play.get("username")
        for name in ("hand", "deck"):
            numbers = play.get(name)
            if not isinstance(numbers, list):
                continue
            before = play.get("prev")
            olds = before if isinstance(before, list) else []
            for place, number in enumerate(numbers):
                old = self._of.get(olds[place]) if place < len(olds) else None
                if owner := old or player:
                    self._of[number] = owner

    def of(self, play: Play) -> str:
        """Return the owner of the card that *play* moves."""
        known = self._of.get(play["id"]) if isinstance(play.get("id"), int) else None
        owner = known or play.get("owner") or play["username"]
        if not isinstance(owner, str):
            raise TypeError(f"the owner of a card is {owner!r}"[:80])
        return owner


def cards_seen(
    plays: Iterator[Play], decks: Mapping[str, Mapping[str, Any]]
) -> dict[tuple[str, str], Seen]:
    """Return what *plays* of one game show, by player and name of the card.

    Names are those of the cards that the record carries along; in the words of a log a card that
    somebody points at or attacks may be anybody's.
    """
    found: dict[tuple[str, str], Seen] = defaultdict(Seen)
    owners = Owners(decks)
    for play in plays:
        owners.learn(play)
        for player, card in _shown(play, owners):
            seen = found[player, card["name"]]
            seen.about = seen.about or card
            if isinstance(slot := card.get("object_id"), int):
                seen.slots.add(slot)
        for player, name, step in _moved(play):
            found[player, name].move(step)
    return {key: seen for key, seen in found.items() if seen.about or seen.drawn}


def opening_hands(pick: Play) -> dict[str, tuple[str, ...]]:
    """Return each player's first hand; none where the record hides the cards."""
    hands: dict[str, tuple[str, ...]] = {}
    for player, card in _dealt(pick):
        hands[player] = (*hands.get(player, ()), card["name"])
    return hands


def _shown(play: Play, owners: Owners) -> Iterator[tuple[str, dict[str, Any]]]:
    if play["play"] == "Pick first":
        yield from _dealt(play)
    elif isinstance(card := play.get("card"), dict):
        yield owners.of(play), card


def _dealt(pick: Play) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pair the dealt cards with the log lines that say who drew them."""
    cards = pick.get("cards") or ()
    lines = [line for line in log_lines(pick) if text_of(line).startswith("Drew")]
    if cards and len(cards) != len(lines):
        raise ValueError(f"{len(cards)} cards were dealt, and {len(lines)} drawn")
    for card, line in zip(cards, lines, strict=False):
        drew = quoted(text_of(line))[0]
        if drew and drew != card["name"]:
            raise ValueError(f"{card['name']!r} was dealt, and {drew!r} drawn")
        yield line["username"], card


def _moved(play: Play) -> Iterator[tuple[str, str, int]]:
    """Yield player, card and step for each log line that moves a card out of the deck or in."""
    card = play.get("card")
    for line in log_lines(play):
        if line.get("type") == "chat":
            continue
        name, words = quoted(text_of(line))
        step = _step(words)
        if step and (name := card["name"] if isinstance(card, dict) else name):
            yield play.get("owner") or line["username"], name, step


def _step(words: str) -> int:
    if "Revealed" in words and "from Deck" in words:
        return 0
    if any(phrase in words for phrase in OUT_OF_DECK):
        return 1
    return -1 if any(phrase in words for phrase in INTO_DECK) else 0
