"""The circuit breaker against a plain model, with a clock that the test moves."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crawlers.backoff import Backoff
from crawlers.breaker import Answer, Breaker, State

FIRST_S, LONGEST_S, GIVE_UP_S, THRESHOLD = 5.0, 40.0, 100.0, 3
NAMES = st.sampled_from("abcde")


def breaker() -> Breaker:
    return Breaker(THRESHOLD, Backoff(FIRST_S, LONGEST_S, 0), GIVE_UP_S)


def opened() -> Breaker:
    """Return one that has opened at 0 s."""
    one = breaker()
    for name in "abc":
        one.failed(name, 0.0, trial=False)
    return one


def test_different_requests_that_fail_in_a_row_open_it() -> None:
    one = breaker()
    for name in "ab":
        one.failed(name, 0.0, trial=False)
        assert one.ask(0.0) is Answer.GO
    one.failed("c", 1.0, trial=False)
    assert one.ask(1.0) is Answer.WAIT
    assert one.until_s == 1.0 + FIRST_S


def test_the_tries_of_one_bad_page_do_not_open_it() -> None:
    one = breaker()
    for second in range(50):
        one.failed("bad", second, trial=False)
    assert one.ask(50.0) is Answer.GO


def test_a_good_answer_in_between_begins_the_count_anew() -> None:
    one = breaker()
    for name in "ab":
        one.failed(name, 0.0, trial=False)
    one.succeeded(trial=False)
    for name in "ab":
        one.failed(name, 7.0, trial=False)
    assert one.state is State.CLOSED
    assert one.since_s == 7.0


def test_it_stays_open_for_twice_as_long_after_each_trial_that_failed() -> None:
    one, waits, now_s = opened(), [], 0.0
    for _ in range(5):
        waits.append(one.until_s - now_s)
        now_s = one.until_s
        assert one.ask(now_s) is Answer.TRIAL
        one.failed("x", now_s, trial=True)
    assert waits == [5.0, 10.0, 20.0, 40.0, 40.0]


def test_exactly_one_request_is_on_trial() -> None:
    one = opened()
    assert [one.ask(5.0) for _ in range(4)] == [Answer.TRIAL] + [Answer.WAIT] * 3
    one.succeeded(trial=True)
    assert one.ask(5.0) is Answer.GO


def test_a_trial_that_says_nothing_about_the_site_is_followed_by_another() -> None:
    one = opened()
    assert one.ask(5.0) is Answer.TRIAL
    one.released(6.0)
    assert one.ask(6.0) is Answer.TRIAL


def test_requests_of_a_site_that_stays_away_end_while_trials_go_on() -> None:
    one, now_s, ended = opened(), 0.0, 0
    for _ in range(8):
        now_s = one.until_s
        assert one.ask(now_s) is Answer.TRIAL
        one.failed("x", now_s, trial=True)
        ended += one.ask(now_s) is Answer.END
    assert ended
    assert one.ask(one.until_s) is Answer.TRIAL
    one.succeeded(trial=True)
    assert one.ask(now_s) is Answer.GO


@pytest.mark.parametrize("trial", [True, False])
def test_it_does_not_ask_before_the_time_that_the_site_named(trial: bool) -> None:  # noqa: FBT001 - a case
    one = opened()
    if trial:
        assert one.ask(5.0) is Answer.TRIAL
    one.failed("late", 5.0, trial=trial, asked_s=60.0)
    assert one.ask(64.9) is Answer.WAIT
    assert one.ask(65.0) is Answer.TRIAL


@pytest.mark.parametrize(("asked_s", "answer"), [(60.0, Answer.WAIT), (1e18, Answer.END)])
def test_what_a_late_answer_asks_for_during_a_trial_holds_and_is_not_waited_for_for_ever(
    asked_s: float, answer: Answer
) -> None:
    one = opened()
    assert one.ask(5.0) is Answer.TRIAL
    one.failed("late", 5.0, trial=False, asked_s=asked_s)
    assert one.ask(6.0) is answer
    one.failed("x", 7.0, trial=True)
    assert one.ask(64.0) is answer


class Modelled(RuleBasedStateMachine):
    """Requests come, and end, in any order; the model keeps whole histories."""

    def __init__(self) -> None:
        """Begin closed at 0 s."""
        super().__init__()
        self.one = breaker()
        self.now_s = 0.0
        self.row: list[tuple[str, float]] = []
        self.under_way = 0
        self.on_trial = False
        self.open_until_s: float | None = None
        self.openings = 0

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 5.0, 41.0]))
    def time_goes_by(self, seconds: float) -> None:
        """Move the clock."""
        self.now_s += seconds

    @rule()
    def a_request_asks(self) -> None:
        """Compare the answer with what the history says."""
        answer = self.one.ask(self.now_s)
        if self.open_until_s is None:
            assert answer is Answer.GO
            self.under_way += 1
        elif self.on_trial:
            assert answer is Answer.WAIT
            assert self.one.until_s > self.now_s
        elif self.now_s >= self.open_until_s:
            assert answer is Answer.TRIAL
            self.on_trial = True
        else:
            began_s = self.row[0][1]
            too_long = self.open_until_s - began_s >= GIVE_UP_S
            assert answer is (Answer.END if too_long else Answer.WAIT)

    @precondition(lambda self: self.under_way)
    @rule(name=NAMES)
    def a_request_fails(self, name: str) -> None:
        """End one of those that went before it opened."""
        self.under_way -= 1
        self.one.failed(name, self.now_s, trial=False)
        if self.open_until_s is None:
            self.row.append((name, self.now_s))
            if len({name for name, _ in self.row}) == THRESHOLD:
                self.opens()

    @precondition(lambda self: self.under_way)
    @rule()
    def a_request_succeeds(self) -> None:
        """End one of those that went before it opened."""
        self.under_way -= 1
        self.one.succeeded(trial=False)
        if self.open_until_s is None:
            self.row.clear()

    @precondition(lambda self: self.on_trial)
    @rule(name=NAMES)
    def the_trial_fails(self, name: str) -> None:
        """Open again, for longer."""
        self.on_trial = False
        self.one.failed(name, self.now_s, trial=True)
        self.opens()

    @precondition(lambda self: self.on_trial)
    @rule()
    def the_trial_succeeds(self) -> None:
        """Close."""
        self.on_trial, self.open_until_s, self.openings = False, None, 0
        self.row.clear()
        self.one.succeeded(trial=True)

    @precondition(lambda self: self.on_trial)
    @rule()
    def the_trial_says_nothing(self) -> None:
        """Let the next one try."""
        self.on_trial, self.open_until_s = False, self.now_s
        self.one.released(self.now_s)

    def opens(self) -> None:
        """Note until when."""
        self.open_until_s = self.now_s + min(FIRST_S * 2**self.openings, LONGEST_S)
        self.openings += 1

    @invariant()
    def the_state_is_that_of_the_model(self) -> None:
        """Compare."""
        is_open = State.HALF_OPEN if self.on_trial else State.OPEN
        assert self.one.state is (State.CLOSED if self.open_until_s is None else is_open)


TestModelled = Modelled.TestCase
