"""Who won a duel: plays rendered from a small model give the model's results back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.errors import PageError
from crawlers.items.base import Unknown
from crawlers.items.duels import DuelReplay
from crawlers.page import Found
from spiders.duelingbook.pages import ReplayPage
from tests.replica.duel_records import record
from tests.replica.duels import Ending, GameSpec, MatchSpec, RecordSpec

ADMITS = Ending("Admit defeat", 1)
FINAL = Ending("Admit defeat", 2, over=True)
seats = st.sampled_from((1, 2))


def found_in(data: dict[str, Any]) -> list[Found]:
    """Return everything on the page of a record."""
    body = ReplayPage.redact(json.dumps(data).encode())
    return list(ReplayPage(f"https://site.test/replay?id={data['id']}", body).items())


def read(data: dict[str, Any]) -> DuelReplay:
    """Return the replay; fail for anything beside it."""
    (replay,) = found_in(data)
    assert isinstance(replay, DuelReplay)
    return replay


def replay_of(*matches: MatchSpec, **more: Any) -> DuelReplay:
    return read(record(RecordSpec(7, matches, more=more)))


def middle_games() -> st.SearchStrategy[GameSpec]:
    """Give games after which another one follows."""
    kinds = st.sampled_from(("Admit defeat", "Game loss"))
    losses = st.builds(Ending, kinds, seats)
    draws = st.sampled_from((None, Ending("Accept draw")))
    return st.builds(
        GameSpec,
        losses | draws,
        chooser=seats,
        first=seats,
        turns=st.integers(1, 5),
    )


def last_games() -> st.SearchStrategy[GameSpec]:
    """Give games with which a match ends, in siding perhaps."""
    kinds = st.sampled_from(("Admit defeat", "Quit duel", "Game loss", "Match loss"))
    ends = st.builds(Ending, kinds, seats, over=st.just(value=True))
    plain = st.builds(GameSpec, ends, chooser=seats, first=seats, turns=st.integers(1, 5))
    in_siding = st.builds(GameSpec, st.builds(Ending, st.just("Admit defeat"), seats), ends)
    drawn = st.just(GameSpec(Ending("Accept draw", over=True)))
    return plain | in_siding | drawn


@st.composite
def ended_matches(draw: st.DrawFn) -> MatchSpec:
    """Give a match that ended."""
    if draw(st.integers(0, 9)) == 0:
        return MatchSpec((), draw(st.integers(0, 2)), quits_at_rps=draw(seats))
    games = (*draw(st.lists(middle_games(), max_size=3)), draw(last_games()))
    return MatchSpec(games, ties=draw(st.integers(0, 2)))


def name(seat: int) -> str | None:
    return (None, "Ann", "Bob")[seat]


@given(st.lists(ended_matches(), min_size=1, max_size=3))
def test_plays_give_the_results_of_the_model_back(matches: list[MatchSpec]) -> None:
    replay = replay_of(*matches)
    assert [match.winner for match in replay.matches] == [name(m.winner) for m in matches]
    games = [game for match in matches for game in match.games]
    assert [game.winner for game in replay.games] == [name(game.winner) for game in games]
    assert [game.turns for game in replay.games] == [game.turns for game in games]
    assert [game.went_first for game in replay.games] == [name(game.first) for game in games]
    assert [game.chooser for game in replay.games] == [name(game.chooser) for game in games]
    for match, spec in zip(replay.matches, matches, strict=True):
        winners = [game.winner for game in spec.games]
        assert (match.player1_wins, match.player2_wins) == (winners.count(1), winners.count(2))
        assert match.draws == winners.count(0)
        assert len(match.rps) == spec.ties + 1
        assert match.rps_winner == "Ann"
    change = sum(match.player1_rating_change or 0 for match in replay.matches)
    assert replay.player1_rating_after == 400 + change


def test_who_gives_up_in_siding_loses_the_match_at_one_game_to_nothing() -> None:
    replay = replay_of(MatchSpec((GameSpec(ADMITS, later=Ending("Quit duel", 2)),)))
    (match,), (game,) = replay.matches, replay.games
    assert (game.winner, game.end_reason) == ("Bob", "Admit defeat")
    assert (match.winner, match.loser, match.end_reason) == ("Ann", "Bob", "Quit duel")
    assert (match.player1_wins, match.player2_wins, match.draws) == (0, 1, 0)


def test_a_game_that_nobody_lost_is_a_draw_only_if_another_one_follows() -> None:
    drawn, open_end = replay_of(MatchSpec((GameSpec(), GameSpec()))).games
    assert (drawn.result, drawn.winner, drawn.end_reason) == ("draw", None, None)
    assert (open_end.result, open_end.ended_s, open_end.duration_s) == ("unfinished", None, None)


def test_a_match_that_nobody_gave_up_is_unfinished() -> None:
    (match,) = replay_of(MatchSpec((GameSpec(ADMITS),))).matches
    assert (match.winner, match.end_reason, match.duration_s) == (None, None, None)
    assert (match.player1_rating_change, match.player1_rating_after) == (None, None)


def test_a_judge_decides_like_a_player_who_admits_defeat() -> None:
    games = (GameSpec(Ending("Game loss", 1)), GameSpec(Ending("Match loss", 1)))
    replay = replay_of(MatchSpec(games))
    assert [game.winner for game in replay.games] == ["Bob", "Bob"]
    assert replay.matches[0].winner == "Bob"


def test_leaving_after_the_end_is_no_loss_though_old_records_call_it_one() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),), version=5))
    left = {"play": "Quit duel", "seconds": 900, "username": "Ann", "action": "Duel"}
    line = {"public_log": "Left duel", "type": "game", "username": "Ann"}
    data["plays"].append(left | {"log": line})
    replay = read(data)
    assert (replay.matches[0].winner, replay.matches[0].end_reason) == ("Ann", "Admit defeat")


def test_somebody_who_leaves_at_rock_paper_scissors_loses_a_match_without_games() -> None:
    replay = replay_of(MatchSpec((), ties=2, quits_at_rps=2))
    assert replay.games == ()
    (match,) = replay.matches
    assert (match.games, match.winner, match.rps_winner) == (0, "Ann", "Ann")
    assert [throw.winner for throw in match.rps] == [None, None, "Ann"]


def test_a_second_match_counts_from_its_own_beginning() -> None:
    first = MatchSpec((GameSpec(Ending("Quit duel", 2)),))
    second = MatchSpec((GameSpec(ADMITS), GameSpec(Ending("Admit defeat", 1, over=True))))
    replay = replay_of(first, second)
    one, two = replay.matches
    assert (one.winner, two.winner) == ("Ann", "Bob")
    assert (one.started_s, one.ended_s) == (0, one.duration_s)
    assert two.started_s > (one.ended_s or 0)
    assert two.duration_s == (two.ended_s or 0) - two.started_s
    assert two.scores == ("(1-1-0)",)  # the site counts on over both matches
    assert replay.player1_rating_change == 12 - 9
    assert replay.player1_rating_after == 403


def test_a_replay_whose_score_the_plays_do_not_give_is_refused() -> None:
    matches = (MatchSpec((GameSpec(ADMITS), GameSpec(FINAL))),)
    data = record(RecordSpec(7, matches))
    next(play for play in data["plays"] if play["play"] == "Begin next duel")["score"] = "(1-0-0)"
    said = r"match 1 game 1: the site's score is \(1-0-0\), the plays give \(0-1-0\)"
    with pytest.raises(PageError, match=said):
        found_in(data)


def test_in_a_tag_duel_the_other_team_wins() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    for seat, user in (("player3", "Cleo"), ("player4", "Dan")):
        data[seat] = data["player1"] | {"username": user, "user_id": 70_009, "start": 301}
    data["tag_duel"] = True
    next(p for p in data["plays"] if p["play"] == "Admit defeat")["username"] = "Dan"
    replay = read(data)
    assert replay.tag
    assert (replay.player3_name, replay.player4_id) == ("Cleo", "70009")
    assert (replay.games[0].winner, replay.games[0].loser) == ("Ann", "Dan")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Admit defeat": {"username": "Nobody"}}, "'Nobody' loses, but does not play"),
        ({"Pick first": {"order": ["Bob", "Ann"]}}, "'Ann' goes first, but the order is"),
        ({"Pick first": {"cards": [{"name": "X"}]}}, "1 cards were dealt, and 10 drawn"),
        ({"Admit defeat": {"seconds": None}}, "TypeError"),
    ],
)
def test_a_record_that_breaks_an_assumption_is_refused(
    change: dict[str, dict[str, Any]], problem: str
) -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    for play in data["plays"]:
        play.update(change.get(play["play"], {}))
    with pytest.raises(PageError, match=problem):
        read(data)


def test_a_hand_that_is_not_the_cards_that_were_dealt_is_refused() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    pick = next(play for play in data["plays"] if play["play"] == "Pick first")
    pick["cards"].reverse()
    with pytest.raises(PageError, match="was dealt, and"):
        read(data)


def test_two_players_of_one_name_are_refused_because_plays_name_nothing_else() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    text = json.dumps(data).replace('"Bob"', '"Ann"')
    with pytest.raises(PageError, match="two players are called the same"):
        found_in(json.loads(text))


@pytest.mark.parametrize("kind", ["Pick first", "Life points"])
def test_somebody_who_does_not_play_neither_begins_nor_loses_life(kind: str) -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    data["plays"].insert(
        -1, {"play": "Life points", "seconds": 9, "username": "Ann", "amount": -1, "life": 1}
    )
    place = [play["play"] for play in data["plays"]].index("Pick first")
    data["plays"].insert(place + 1, data["plays"].pop(-2))
    play = next(play for play in data["plays"] if play["play"] == kind)
    play["username"] = "Watcher"
    play.pop("order", None)
    with pytest.raises(PageError, match=r"'Watcher' .*does not play"):
        found_in(data)


def test_a_match_is_over_also_where_the_record_says_so_by_a_number() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    for play in data["plays"]:
        if "over" in play:
            play["over"] = int(play["over"])
    assert read(data).matches[0].winner == "Ann"


def test_a_play_of_an_unknown_type_is_counted_and_named_once() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    new = {"play": "Juggle", "seconds": 400, "username": "Ann", "message": "free text"}
    data["plays"] += [new, new]
    replay, unknown = found_in(data)
    assert isinstance(replay, DuelReplay)
    assert replay.plays["Juggle"] == 2
    assert unknown == Unknown("play", "Juggle")


def test_other_unknown_words_are_kept_and_named() -> None:
    data = record(RecordSpec(7, (MatchSpec((GameSpec(FINAL),)),)))
    data |= {"format": "zr", "rules": "KOR", "match_type": "x"}
    next(play for play in data["plays"] if play["play"] == "RPS")["player1_choice"] = "Well"
    cards = next(play for play in data["plays"] if play["play"] == "Pick first")["cards"]
    cards[0] |= {"card_type": "Skill", "monster_color": "Gold"}
    replay, *unknown = found_in(data)
    assert isinstance(replay, DuelReplay)
    assert (replay.format, replay.format_name, replay.match_type) == ("zr", None, "x")
    assert {(one.category, one.value) for one in unknown if isinstance(one, Unknown)} == {
        ("format", "zr"),
        ("rules", "KOR"),
        ("match_type", "x"),
        ("rps", "Well"),
        ("card_type", "Skill"),
        ("frame", "Gold"),
    }
