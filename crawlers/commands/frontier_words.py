"""The words after ``scrapy frontier``."""

from collections.abc import Sequence
from dataclasses import dataclass

from scrapy.exceptions import UsageError

WORDS = ("", "show", "dead", "retry", "pause", "resume", "drain")


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed. Without a *word* all jobs are listed."""

    word: str
    job: str = ""
    ids: tuple[str, ...] = ()
    once: bool = False
    full: bool = False

    @classmethod
    def read(cls, args: Sequence[str], *, once: bool, full: bool) -> "Words":
        """Read the command line. Raises UsageError."""
        cut = args.index("--") if "--" in args else len(args)
        if unknown := [one for one in args[:cut] if one.startswith("-")]:
            raise UsageError(f"unknown option {unknown[0]!r}")
        word, *rest = [*args[:cut], *args[cut + 1 :]] or [""]
        if word not in WORDS and not rest:
            word, rest = "show", [word]
        if word not in WORDS:
            raise UsageError(f"unknown word {word!r} (known: {', '.join(WORDS[1:])})")
        if word and not rest:
            raise UsageError(f"say which job: scrapy frontier {word} JOB")
        if word != "retry" and len(rest) > 1:
            raise UsageError(f"{word} takes one job: {rest[1]!r} is too much")
        if (once and word != "show") or (full and word != "dead"):
            raise UsageError("--once belongs to show, and --full to dead")
        return cls(word, "".join(rest[:1]), tuple(rest[1:]), once, full)
