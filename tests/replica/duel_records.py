"""Records as DuelingBook has them: from a model of who won, to every play."""

from typing import Any

from tests.replica.duels import CARDS, FUSION, Ending, GameSpec, MatchSpec, RecordSpec, card


class Recorder:
    """Writes one record, play by play."""

    def __init__(self, spec: RecordSpec) -> None:
        """Begin the record of *spec*."""
        self.spec = spec
        self.plays: list[dict[str, Any]] = []
        self.seconds = 5
        self.wins = [0, 0, 0]
        self.ratings = [400, 500]

    def play(self, kind: str, player: int = 0, **more: Any) -> None:
        """Write one play, a few seconds after the last."""
        self.seconds += 3
        who = {"username": self.name(player)} if player else {}
        self.plays.append({"play": kind, "seconds": self.seconds, "action": "Duel"} | who | more)

    def name(self, player: int) -> str:
        """Return a player's name."""
        return self.spec.names[player - 1]

    def log(self, player: int, text: str, public: str = "", kind: str = "duel") -> dict[str, Any]:
        """Return a log line; *public* hides what others do not see."""
        line = {"public_log": public or text, "type": kind, "username": self.name(player)}
        return {"private_log": text} | line if public else line

    def record(self) -> dict[str, Any]:
        """Write all matches; return the record."""
        for number, match in enumerate(self.spec.matches):
            if number:
                self.play("Offer rematch", 1)
                self.play("Accept rematch", 2)
                self.play("Back to RPS", score=self.score())
            self.match(match)
        self.play("Left duel", 1, log=self.log(1, "Left duel"))
        return {
            "id": self.spec.id,
            "date": "2025-03-04 05:06:07",
            "format": self.spec.format,
            "rules": "TCG",
            "match_type": "m",
            "rated": self.spec.rated,
            "tag_duel": False,
            "conceal": False,
            "version": self.spec.version,
            "links": True,
            "watching": True,
            "password": False,
            "liked": False,
            "player1": self.seat(1),
            "player2": self.seat(2),
            "player3": None,
            "player4": None,
            "logs": self.lobby(),
            "plays": self.plays,
        } | self.spec.more

    def lobby(self) -> list[dict[str, Any]]:
        """Return the lobby's lines, one with a note for those who may answer."""
        note = ' with duel note "call me: 555-0100"' if self.spec.chat else ""
        hosted = self.log(1, f"{self.name(1)} hosted 2 out of 3 Match in Edison{note}", kind="game")
        return [hosted | {"seconds": 0}]

    def seat(self, player: int) -> dict[str, Any]:
        """Return a player as he was before the first match."""
        start = 100 * player + 1
        return {
            "username": self.name(player),
            "user_id": 70_000 + player,
            "rating": 300 + 100 * player,
            "experience": 10 * player,
            "legality": "Advanced",
            "token": "1",
            "nsfw": 0,
            "main": list(range(start, start + 40)),
            "extra": list(range(start + 40, start + 45)),
            "side": list(range(1, 16)),
            **self.totals(player),
            "side_total": 15,
        }

    def totals(self, player: int) -> dict[str, Any]:
        """Return a player's deck, as each next game repeats it."""
        name = self.name(player)
        start = 100 * player + 1
        return {"username": name, "start": start, "main_total": 40, "extra_total": 5}

    def score(self) -> str:
        """Return the score, as the site writes it."""
        return "({}-{}-{})".format(*self.wins)

    def match(self, match: MatchSpec) -> None:
        """Write one match."""
        for number in range(match.ties + 1):
            self.throw(tie=number < match.ties)
        if match.quits_at_rps:
            self.end(Ending("Quit duel", match.quits_at_rps))
            return
        for number, game in enumerate(match.games):
            self.game(game)
            if number + 1 < len(match.games):
                self.siding()

    def throw(self, *, tie: bool) -> None:
        """Write a throw of rock, paper, scissors; player1 wins it."""
        winner = "" if tie else self.name(1)
        self.play(
            "RPS",
            player1=self.name(1),
            player2=self.name(2),
            player1_choice="Rock",
            player2_choice="Rock" if tie else "Scissors",
            winner=winner,
        )

    def siding(self) -> None:
        """Write what is between two games."""
        self.play("Siding", message=f"Siding for the next duel has begun {self.score()}")
        self.play("Done siding", 1, log=self.log(1, "Finished siding", kind="game"))
        self.play("Done siding", 2, log=self.log(2, "Finished siding", kind="game"))
        decks = {"player1": self.totals(1), "player2": self.totals(2)}
        self.play("Begin next duel", 2, score=self.score(), **decks)

    def game(self, game: GameSpec) -> None:
        """Write one game."""
        self.deal(game)
        if self.spec.chat:
            said = {"message": "secret words", "color": "0000FF"}
            self.play("Duel message", 1, **said, log=self.log(1, '"secret words"', kind="chat"))
            self.play("Watcher message", 2, message="secret whisper", html="<b>secret</b>")
        for turn in range(game.turns):
            self.turn(game.first if turn % 2 == 0 else 3 - game.first, turn)
        place = {0: 2, 1: 0, 2: 1}[game.winner]
        if game.ending:
            self.end(game.ending)
        self.wins[place] += 1
        if game.later:
            self.end(game.later)

    def deal(self, game: GameSpec) -> None:
        """Write who goes first, and both hands."""
        chose = "first" if game.chooser == game.first else "second"
        lines = [self.log(game.chooser, f"Chose to go {chose}", f"Chose to go {chose}", "game")]
        cards = []
        for player in (1, 2):
            for slot in range(1, self.spec.hand + 1):
                name = CARDS[(slot * player) % len(CARDS)]
                cards.append(card(name, slot))
                lines.append(self.log(player, f'Drew "{name}"', "Drew a card"))
        order = [self.name(game.first), self.name(3 - game.first)]
        self.play("Pick first", game.first, order=order, cards=cards, log=lines)

    def turn(self, player: int, turn: int) -> None:
        """Write a turn: a draw, a summon, a blow, and what was destroyed goes to its owner."""
        other = 3 - player
        if turn:
            self.play("Start turn", player, log=self.log(player, "Entered Draw Phase"))
        slot = 10 + turn
        name = CARDS[slot % len(CARDS)]
        number = 100 * player + slot
        drew = self.log(player, f'Drew "{name}"', "Drew a card")
        self.play("Draw card", player, id=number, card=card(name, slot), log=drew)
        special = f'Special Summoned "{FUSION}" from Extra Deck to M-1 (ATK)'
        fusion = {"id": 100 * player + 41, "card": card(FUSION, 41)}
        self.play("SS ATK", player, **fusion, log=self.log(player, special))
        lost = self.log(other, "Lost 1000 LP")
        left = 8000 - 1000 * (turn // 2 + 1)
        self.play("Life points", other, amount=-1000, life=left, points=1000, log=lost)
        sent = self.log(other, f'Sent "{FUSION}" from M-1 to GY')
        self.play("To GY", other, **fusion, owner=self.name(player), log=sent)
        self.play("End turn", player, log=self.log(player, "Ended turn"))

    def end(self, ending: Ending) -> None:
        """Write what ends a game, with the ratings after it."""
        if ending.how == "Accept draw":
            self.play("Accept draw", 1, over=ending.over, **self.rated(0, 0))
            return
        winner = 3 - ending.loser
        ends = ending.over or ending.how in {"Quit duel", "Match loss"}
        won, lost = self.spec.changes if ends else (0, 0)
        more: dict[str, Any] = self.rated(*((won, lost) if winner == 1 else (lost, won)))
        if ending.how != "Quit duel":
            more["over"] = ends
        self.play(ending.how, ending.loser, **more)

    def rated(self, *changes: int) -> dict[str, Any]:
        """Change the ratings; return them as a play gives them."""
        self.ratings = [old + change for old, change in zip(self.ratings, changes, strict=True)]
        pairs = zip(("player1", "player2"), self.ratings, changes, strict=True)
        return {seat: {"rating": r, "experience": 20, "points": c} for seat, r, c in pairs}


def record(spec: RecordSpec) -> dict[str, Any]:
    """Return the whole record of *spec*."""
    return Recorder(spec).record()
