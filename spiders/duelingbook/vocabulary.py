"""The words of DuelingBook's records: types of play, formats, what ends a game, what is chat."""

import re
from collections.abc import Iterator
from typing import Final

from crawlers.items.base import Unknown
from crawlers.items.duels import DuelCard, DuelMatch, DuelReplay

FORMATS: Final = {
    "a": "advanced",
    "e": "edison",
    "g": "goat",
    "s": "speed",
    "c": "custom",
    "t": "traditional",
    "u": "unlimited",
    "r": "rush",
    "y": "genesys",
}
SOLO: Final = "so"
"""The format of a player alone; it is not ``s`` for speed."""

RULES: Final = frozenset({"TCG", "OCG", "*"})
MATCH_TYPES: Final = frozenset({"m", "s"})
CHOICES: Final = frozenset({"Rock", "Paper", "Scissors"})
CARD_TYPES: Final = frozenset({"Monster", "Spell", "Trap"})
FRAMES: Final = frozenset(
    {"Normal", "Effect", "Ritual", "Fusion", "Synchro", "Xyz", "Link", "Token"}
)

LOSSES: Final = frozenset({"Admit defeat", "Quit duel", "Game loss", "Match loss"})
ENDINGS: Final = LOSSES | {"Accept draw"}
"""The first of these in a game ends it."""

ENDS_MATCH: Final = frozenset({"Quit duel", "Match loss"})
"""These end the match too; the others where they say ``over``."""

CHAT: Final = {"Duel message": "duel", "Watcher message": "watcher", "Message": "other"}
"""Plays that are nothing but talk, and whose."""

NOTED: Final = re.compile(" with duel note ", re.IGNORECASE)
"""What stands before the free text in the lobby's line of an offered duel."""

_SEEN: Final = """
    Activate Field Spell, Activate Pendulum Left, Activate Pendulum Right, Activate ST,
    Add counter, Add random card from deck to hand, Add watcher, Admit defeat, Accept rematch,
    Attach, Attack, Attack directly, Back to RPS, Banish, Banish FD, Begin next duel, Call admin,
    Cancel call, Coin, Countdown, Declare, Detach, Die, Done siding, Draw card, Duel message,
    Edit stats, End turn, Enter BP, Enter DP, Enter EP, Enter M1, Enter M2, Enter SP, Flip,
    Flip Summon, Frozen, Game loss, Good, Left duel, Life points, Match loss, Mill, Move,
    Normal Summon, OL ATK, OL DEF, Offer draw, Offer rematch, Overlay, Pause game,
    Permission event, Permission granted, Pick 2 cards, Pick 3 cards, Pick first, Quit duel, RPS,
    Rejoin duel, Remove counter, Remove Token, Remove watcher, Resume game, Reveal, SS ATK, SS DEF,
    Set Field Spell, Set ST, Set monster, Show ED, Show hand, Shuffle deck, Shuffle hand, Siding,
    Start turn, Stop good, Stop viewing, Summon Token, Target card, Thinking, To ATK,
    To B Deck, To DEF, To ED, To ED FU, To GY, To ST, To T Deck, To hand, View Banished,
    View Banished 2, View deck, View ED, View ED 2, View GY, View GY 2, View materials,
    Watcher message
"""
_KNOWN_TO_THE_CLIENT: Final = """
    Accept draw, Revoke draw, Revoke rematch, Loss, Cancel game, Beginner, Reset game, Reset deck,
    Swap cards, Permission denied, Show deck, Stay revealed, Stop revealing, Change control,
    Exchange cards, Swap, Activate Skill, Set Skill, Preview Skillback, Message, Typing,
    View Graveyard, View Graveyard 2, View Extra Deck, View Extra Deck 2, Summon token
"""
PLAYS: Final = frozenset(
    name.strip() for name in f"{_SEEN},{_KNOWN_TO_THE_CLIENT}".replace("\n", " ").split(",")
)
OLD_MOVE: Final = re.compile(
    r"(Activate|Banish|Flip|Mill|Move|Normal Summon|OL|Overlay|Reveal|SS|Set|To) ?.*"
    r"\b(from|to) (banished|deck|Extra|field|grave|Grave|hand|ST|top)\b.*"
)
"""Names of moves in old records, such as ``SS ATK from deck`` or ``Banish from hand FD``."""


def is_known(play: str) -> bool:
    """Tell whether *play* is a type that the site's client is known to have."""
    return play in PLAYS or bool(OLD_MOVE.fullmatch(play))


def format_name(code: str) -> str | None:
    """Return the name of a format: by its first letter, the second says whether it is rated.

    >>> format_name("er"), format_name("so")
    ('edison', 'solo')
    """
    return "solo" if code == SOLO else FORMATS.get(code[:1])


def unknown_in_replay(replay: DuelReplay) -> Iterator[Unknown]:
    """Yield each value of *replay* that nobody has described."""
    yield from (Unknown("play", play) for play in replay.plays if not is_known(play))
    if replay.format_name is None:
        yield Unknown("format", replay.format)
    if replay.rules is not None and replay.rules not in RULES:
        yield Unknown("rules", replay.rules)
    if replay.match_type not in MATCH_TYPES:
        yield Unknown("match_type", replay.match_type)
    for match in replay.matches:
        yield from _unknown_choices(match)
    yield from _unknown_cards(replay.cards)


def _unknown_choices(match: DuelMatch) -> Iterator[Unknown]:
    chosen = {choice for throw in match.rps for choice in (throw.player1, throw.player2)}
    yield from (Unknown("rps", choice) for choice in sorted(filter(None, chosen - CHOICES)))


def _unknown_cards(cards: tuple[DuelCard, ...]) -> Iterator[Unknown]:
    types = {card.card_type for card in cards} - CARD_TYPES
    frames = {card.frame for card in cards} - FRAMES
    yield from (Unknown("card_type", name) for name in sorted(filter(None, types)))
    yield from (Unknown("frame", name) for name in sorted(filter(None, frames)))
