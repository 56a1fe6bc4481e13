"""The clock for what must not stand still while a machine sleeps. Standard library only."""

import time

BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""On Linux CLOCK_MONOTONIC stands still while the machine is suspended."""


def boot_now() -> float:
    """Return the seconds since the machine started, suspension included."""
    return time.clock_gettime(BOOT_CLOCK)
