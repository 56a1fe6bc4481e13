"""What ``scrapy analyse chess -a name=value`` may say."""

import os
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from crawlers.arguments import comma_separated
from crawlers.evaluations import Limit

NODES = 300_000
"""For a position, if nothing is said: a game takes half a minute on one core, and judgments agree
with those of Lichess as well as by three times the nodes (docs/analysis.md)."""
CORES = os.cpu_count() or 1
MEMORY_MB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20

Nodes = Annotated[int, Field(ge=1_000, le=10**11)]
Depth = Annotated[int, Field(ge=1, le=100)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{8}$")]
Ids = Annotated[tuple[Id, ...], BeforeValidator(comma_separated), Field(max_length=10_000)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,60}$", to_lower=True)]


class AnalysisArguments(BaseModel):
    """Which games, how deep, and with how much of this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    player: Name | None = Field(None, description="all stored games of this player")
    games: Ids = Field((), description="stored games, by id")
    max: int | None = Field(None, ge=1, le=10**9, description="so many games at most")
    nodes: Nodes | None = Field(None, description=f"search so many ({NODES:,}, if nothing is said)")
    depth: Depth | None = Field(None, description="search to this depth instead")
    engines: int = Field(CORES, ge=1, description="at once; each needs a core")
    hash_mb: int = Field(16, ge=1, le=2**20, description="memory of each engine for its search")

    @field_validator("engines")
    @classmethod
    def _have_cores(cls, value: int) -> int:
        if value > CORES:
            raise ValueError(f"this machine has {CORES} cores")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.nodes and self.depth:
            raise ValueError("give nodes or depth, not both")
        if self.player and self.games:
            raise ValueError("give a player or games, not both")
        if self.engines * self.hash_mb > MEMORY_MB // 2:
            raise ValueError(
                f"{self.engines} engines with {self.hash_mb} MB each need more than half of this "
                f"machine's {MEMORY_MB:,} MB: give less as hash_mb"
            )
        return self

    @property
    def limit(self) -> Limit:
        """How long each position is searched."""
        return limit_of(self.nodes, self.depth)


def limit_of(nodes: int | None, depth: int | None) -> Limit:
    """Return the limit that *nodes* or *depth* say; the usual one, if none does."""
    return Limit("depth", depth) if depth else Limit("nodes", nodes or NODES)


def read(given: dict[str, str]) -> AnalysisArguments:
    """Read what ``-a`` gave. Raises ValueError with one line."""
    try:
        return AnalysisArguments.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            known = ", ".join(AnalysisArguments.model_fields)
            raise ValueError(f"unknown argument {name!r} (known: {known})") from None
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"argument {name!r}: {message}" if name else message) from None
