"""An estimate of somebody's gender by first name. It is never a fact: say so wherever it is shown.

The data of `nomquamgender` says how often a name belongs to women. Its code is never imported: with
pandas and all of its names it takes 340 MB.
"""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final, Literal

from crawlers.gender.data import COUNT_MIN, LIBRARY, female_share, prepare
from crawlers.gender.names import first_names

__all__ = ["METHOD", "Guess", "gender_of", "prepare"]

UNCERTAINTY_MAX: Final = 0.1
"""The library's own threshold. Measured by others with 5,779 names: 0.13 % of the answers wrong,
17 % without an answer; at 0.2 it is 0.61 % and 12 %."""

METHOD: Final = (
    f"{LIBRARY} {version(LIBRARY)}, p >= {1 - UNCERTAINTY_MAX:g}, seen {COUNT_MIN} times or more"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """*confidence* is the probability of the gender that is named; of ``unknown`` there is none."""

    gender: Literal["male", "female", "unknown"]
    confidence: float | None


UNKNOWN: Final = Guess("unknown", None)


def gender_of(full_name: str | None) -> Guess:
    """Judge *full_name* as its owner writes it; never a user name, of which a guess says nothing.

    The first of its words that the data knows decides, also where it says little: what comes after
    may be a surname. The first call may take seconds (see `prepare`). Raises NamesError.
    """
    for name in first_names(full_name or ""):
        share = female_share(name)
        if share is None:
            continue
        if min(share, 1 - share) > UNCERTAINTY_MAX:
            return UNKNOWN
        is_female = share > UNCERTAINTY_MAX
        return Guess("female", share) if is_female else Guess("male", round(1 - share, 3))
    return UNKNOWN
