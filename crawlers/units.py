"""How units and requests end, as pure data: for those who count and for those who keep it."""

from dataclasses import dataclass

UNIT = "_unit"
"""The meta key of the number of the unit that a request is done for, in this process only."""

UNITS = "units"
"""The meta key of a seed: the names of the units that it is for. Without it, its address is one."""


@dataclass(frozen=True, slots=True)
class UnitEnd:
    """How a unit ended: *status* is done, blocked or failed, *reason* the first that went wrong.

    *requests* were done for it, of which so many *failed* or were *blocked*.
    """

    unit: int
    status: str
    reason: str | None
    requests: int
    failed: int
    blocked: int


@dataclass(frozen=True, slots=True)
class DeadRequest:
    """A request that was given up at *died_ms* (epoch) after so many *tries*, as it was queued."""

    id: str
    """In hex."""
    died_ms: float
    tries: int
    reason: str
    payload: bytes
