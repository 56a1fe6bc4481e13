"""How good the estimates are for names whose gender is known.

The measures are those of Santamaria and Mihaljevic, PeerJ CS 4:e156 (2018), under plainer names.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from crawlers.gender import gender_of

Label = Literal["male", "female"]
Answers = Counter[tuple[Label, str]]
"""Names by their label and by what is estimated."""

LABELS: tuple[Label, Label] = ("male", "female")


@dataclass(frozen=True, slots=True)
class Score:
    """So many *names*, of which *answered* have an estimate, and *wrong* another than the label."""

    names: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float | None:
        """Return the share of names that have an estimate."""
        return self.answered / self.names if self.names else None

    @property
    def error(self) -> float | None:
        """Return the share of estimates that are wrong (errorCodedWithoutNA)."""
        return self.wrong / self.answered if self.answered else None

    @property
    def total_error(self) -> float | None:
        """Return the share of names without a right estimate (errorCoded)."""
        return (self.wrong + self.names - self.answered) / self.names if self.names else None


def answers(names: Iterable[tuple[str, Label]]) -> Answers:
    """Estimate each of *names*, and count. Raises NamesError."""
    return Counter((label, gender_of(name).gender) for name, label in names)


def score(found: Answers, *labels: Label) -> Score:
    """Return the score of the names with one of *labels*."""
    names = sum(found[label, answer] for label in labels for answer in (*LABELS, "unknown"))
    wrong = sum(found[label, answer] for label in labels for answer in LABELS if answer != label)
    right = sum(found[label, label] for label in labels)
    return Score(names, right + wrong, wrong)


def gender_bias(found: Answers) -> float | None:
    """Return by how much of the estimates there are too many women (errorGenderBias)."""
    answered = score(found, *LABELS).answered
    surplus = found["male", "female"] - found["female", "male"]
    return surplus / answered if answered else None
