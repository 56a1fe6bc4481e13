"""Serial turns as these tests have them: with short times, and what is asked of the database."""

from crawlers.storage.turns import TurnTimes

TIMES: dict[str, float] = {
    "delay_s": 0.1,
    "heartbeat_s": 0.2,
    "heartbeat_timeout_s": 1.2,
    "deadline_s": 2.5,
    "keepalive_s": 4,
    "margin_s": 0.2,
    "backoff_s": 2.0,
    "poll_s": 0.03,
}

SLOW = "pieces=600&pause=0.1"
"""Nobody sees the end of it."""

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'serial:test'
"""

OPEN = "SELECT count(*) FROM serial_turns WHERE intent_deadline > clock_timestamp()"


def quarantine_s() -> float:
    """Return for how long nobody sends after a holder that said nothing more."""
    return TIMES["deadline_s"] + TIMES["margin_s"]


def seen_s() -> float:
    """Return how much of that the site sees at the least: it is waited for from the intent on."""
    return quarantine_s() - TurnTimes().fresh_s
