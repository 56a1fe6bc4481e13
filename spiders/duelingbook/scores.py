"""The derived score, held against the one that the site shows."""

from crawlers.errors import PageError
from crawlers.items.duels import DuelReplay


def check_scores(url: str, replay: DuelReplay) -> None:
    """Raise PageError where the score is not the one that the site showed before the next game.

    Then nobody can say which of the rows are wrong.
    """
    wins = {(game.match, game.number): game for game in replay.games}
    total = [0, 0, 0]
    for match in replay.matches:
        for number in range(1, match.games + 1):
            game = wins[match.number, number]
            names = (replay.player1_name, replay.player2_name)
            place = 2 if game.result == "draw" else None
            place = names.index(game.winner) if game.winner in names else place
            if place is not None:
                total[place] += 1
            derived = "({}-{}-{})".format(*total)
            if number <= len(match.scores) and match.scores[number - 1] != derived:
                said = match.scores[number - 1]
                where = f"match {match.number} game {number}"
                problem = f"the site's score is {said[:40]}, the plays give {derived}"
                raise PageError(url, f"{where}: {problem}")
