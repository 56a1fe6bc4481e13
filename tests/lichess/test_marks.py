"""How far a player's games are stored."""

from spiders.lichess.marks import CLOCK_SKEW_MS, INDEX_LAG_MS, Progress, limit_ms, mark_key


def test_a_mark_never_goes_back() -> None:
    assert Progress(at_ms=100).reached(50, limit_ms=1_000).at_ms == 100


def test_a_mark_never_passes_the_start_of_the_crawl() -> None:
    assert Progress().reached(5_000, limit_ms=1_000).at_ms == 1_000


def test_an_empty_window_moves_nothing() -> None:
    assert Progress().reached(None, limit_ms=1_000).at_ms is None


def test_the_search_index_lags_so_its_marks_stay_further_behind() -> None:
    assert limit_ms(10**12, filtered=False) == 10**12 - CLOCK_SKEW_MS
    assert limit_ms(10**12, filtered=True) == 10**12 - INDEX_LAG_MS


def test_each_choice_of_games_has_a_mark_of_its_own() -> None:
    keys = {
        mark_key(player, perf, rated)
        for player in ("Ann", "bob")
        for perf in (None, "blitz")
        for rated in (None, True, False)
    }
    assert len(keys) == 12
    assert mark_key("Ann", None, None) == mark_key("ann", None, None)


def test_progress_survives_json() -> None:
    progress = Progress(5, ("a", "b"))
    assert Progress.read(progress.data()) == progress
    assert Progress.read(None) == Progress()
