"""Jobs as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from crawlers.jobs.submitting import Problem
from crawlers.storage.job_views import JobRow, Standing, Unit

TEXT_MAX = 4096
Text = Annotated[str, Field(max_length=TEXT_MAX)]


def _as_one(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Read *value*; what is wrong is said once, not for each kind that it might have been."""
    try:
        return read(value)
    except ValidationError:
        raise ValueError(
            "expected a text, a number, true or false, or a list of texts, "
            f"each of at most {TEXT_MAX:,} characters"
        ) from None


Value = Annotated[StrictBool | StrictInt | StrictFloat | Text | list[Text], WrapValidator(_as_one)]


class JobRequest(BaseModel):
    """A crawl to hand in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"source": "lichess", "units": ["DrNykterstein"], "arguments": {"max": 500}},
                {"source": "duelingbook", "units": ["https://www.duelingbook.com/replay?id=1"]},
            ]
        },
    )

    source: Annotated[StrictStr, Field(max_length=64, description="see GET /v1/sources")]
    units: list[Text] = Field(
        default_factory=list,
        description="what to do, one by one: a value of the source's first list of units (an "
        "account, an address, a player), or name=value for another of its lists",
    )
    arguments: dict[Annotated[str, Field(max_length=64)], Value] = Field(
        default_factory=dict, description="arguments of the source, as after -a"
    )
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = Field(
        None, description="of the job; default: a random one"
    )
    workers: int = Field(1, ge=1, le=100, description="processes that share it (more need Redis)")
    skip_wrong: bool = Field(
        default=False, description="leave wrong units out, instead of refusing all"
    )


class WrongUnit(BaseModel):
    """A unit that was left out, and why."""

    field: str
    message: str


class JobLinks(BaseModel):
    """Where to go on."""

    self: str
    units: str
    results: str
    events: str


class JobSummary(BaseModel):
    """A job, without its counts."""

    id: str
    source: str
    state: str = Field(description="queued, running, completed, partial, failed or cancelled")
    reason: str | None = Field(description="why it ended so, in words")
    arguments: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: JobLinks

    @classmethod
    def of(cls, job: JobRow, **more: Any) -> "JobSummary":
        """Show *job*."""
        at = f"/v1/jobs/{job.id}"
        links = JobLinks(
            self=at, units=f"{at}/units", results=f"{at}/results", events=f"{at}/events"
        )
        names = ("id", "source", "state", "reason", "arguments")
        times = ("created_at", "started_at", "finished_at")
        shown = {name: getattr(job, name) for name in (*names, *times)}
        return cls(**shown, links=links, **more)


class Job(JobSummary):
    """A job as it stands."""

    done_share: float | None = Field(description="of its units, from 0 to 1; null without any")
    units: dict[str, int] = Field(description="by state: open, done, blocked, failed, cancelled")
    rows: dict[str, int] = Field(description="found so far, by table")
    reused: int = Field(description="rows that were stored before and not asked for again")
    requests: int
    failed_requests: int
    blocked_requests: int
    workers: int = Field(description="at work now")
    attempts: int
    max_attempts: int
    is_cancelling: bool
    story: list[str] = Field(description="what became of each attempt")

    @classmethod
    def standing(cls, found: Standing) -> "Job":
        """Show how a job stands."""
        job, sums = found.job, found.sums
        shown = cls.of(
            job,
            done_share=sums.done_share,
            units=sums.units,
            rows=sums.rows,
            reused=sums.reused,
            requests=sums.requests,
            failed_requests=sums.failed,
            blocked_requests=sums.blocked,
            workers=found.live,
            attempts=job.attempts,
            max_attempts=job.max_attempts,
            is_cancelling=job.is_cancelling and job.status is None,
            story=job.story,
        )
        assert isinstance(shown, cls)  # noqa: S101 - `of` makes what it is called on
        return shown


class JobAccepted(Job):
    """A job that was handed in, now or before."""

    is_new: bool = Field(description="false: it was handed in before, by the same key")
    left_out: list[WrongUnit] = Field(description="units that are wrong, with skip_wrong")

    @classmethod
    def accepted(cls, found: Standing, *, is_new: bool, left_out: list[Problem]) -> "JobAccepted":
        """Show *found*, and what was left out."""
        wrong = [WrongUnit(field=f"body.{where}", message=said) for where, said in left_out]
        shown = Job.standing(found).model_dump()
        return cls(**shown, is_new=is_new, left_out=wrong)


class JobPage(BaseModel):
    """Some jobs, the newest first."""

    jobs: list[JobSummary]
    next: str | None = Field(description="the address of the next page; null on the last one")


class UnitOut(BaseModel):
    """One thing to do."""

    name: str
    state: str = Field(description="open, done, blocked, failed or cancelled")
    reason: str | None
    requests: int
    ended_at: datetime | None

    @classmethod
    def of(cls, unit: Unit) -> "UnitOut":
        """Show *unit*."""
        return cls(
            name=unit.name,
            state=unit.status or "open",
            reason=unit.reason,
            requests=unit.requests,
            ended_at=unit.ended_at,
        )


class UnitPage(BaseModel):
    """Some units of a job, in the order in which they were handed in."""

    units: list[UnitOut]
    next: str | None


class ResultOut(BaseModel):
    """A row that a job has found."""

    place: str = Field(description="where it stands in the order")
    table: str
    unit: str | None = Field(description="what it was found for; of a batch the first")
    row: dict[str, Any] | None = Field(description="null where it has been erased since")


class ResultPage(BaseModel):
    """Some results of a job, in the order in which it found them."""

    results: list[ResultOut]
    next: str | None = Field(description="the address of what follows; null where nothing does yet")
    is_final: bool = Field(description="whether the job has ended, so that nothing comes any more")
