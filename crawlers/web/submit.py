"""Handing in a job, by a form for every source."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from crawlers.api import jobs as api
from crawlers.api.access import requires
from crawlers.api.job_access import Worker
from crawlers.api.job_models import JobRequest
from crawlers.api.problems import Problem
from crawlers.api.state import TheConfig, TheDatabase, TheSources, WholeDatabase
from crawlers.errors import JobError
from crawlers.jobs.sources import Sources
from crawlers.jobs.submitting import SubmissionError
from crawlers.spider import SourceSpider
from crawlers.web import forms
from crawlers.web.rendering import page

router = APIRouter(dependencies=[Depends(requires("jobs"))])

SourceName = Annotated[str, Path(max_length=64)]
NAME = r"[A-Za-z0-9_-]{1,64}"


@router.get("/submit")
async def choose_source(request: Request, sources: TheSources) -> Response:
    """Show the sources to choose from."""
    return page(request, "sources.html", spiders=[sources.spider(name) for name in sources.names])


@router.get("/submit/{source}")
async def show_form(
    request: Request, sources: TheSources, config: TheConfig, source: SourceName
) -> Response:
    """Show the form of a source."""
    spider = found(sources, source)
    fields = forms.inputs(spider, in_test_mode=config.crawlers_test)
    return form(request, spider, fields, dict(request.query_params), {})


@router.post("/submit/{source}")
async def hand_in(
    request: Request,
    caller: Worker,
    database: TheDatabase,
    whole: WholeDatabase,
    sources: TheSources,
    config: TheConfig,
    source: SourceName,
) -> Response:
    """Hand in what the form says, or show it again with what is wrong."""
    spider = found(sources, source)
    fields = forms.inputs(spider, in_test_mode=config.crawlers_test)
    given = {name: str(value) for name, value in (await request.form()).items()}
    arguments = forms.arguments(fields, given)
    problems = forms.wrong(spider, arguments)
    if not problems:
        try:
            name = given.get("job_name") or None
            body = JobRequest(source=source, arguments=arguments, name=name)
            job = await api.create_job(body, caller, Response(), database, whole, sources, config)
            return RedirectResponse(f"/jobs/{job.id}", 303)
        except (ValidationError, SubmissionError, JobError, Problem) as error:
            problems = said(error)
    return form(request, spider, fields, given, problems)


def form(
    request: Request,
    spider: type[SourceSpider],
    fields: list[forms.Input],
    given: forms.Given,
    problems: dict[str, str],
) -> Response:
    """Return the form, with what was *given* and what is wrong with it."""
    return page(
        request,
        "submit.html",
        status=422 if problems else 200,
        spider=spider,
        fields=fields,
        given=given,
        problems=problems,
        pattern=NAME,
    )


def said(error: Exception) -> dict[str, str]:
    """Return what *error* says, by the field that it is about."""
    match error:
        case ValidationError():
            places = [(one["loc"], one["msg"]) for one in error.errors(include_url=False)]
            pairs = [(str(at[1]) if at[1:] else "job_name", text) for at, text in places]
        case SubmissionError():
            pairs = [(where.removeprefix("arguments."), text) for where, text in error.problems]
        case Problem():
            pairs = [(one.field.rpartition(".")[2], one.message) for one in error.errors]
        case _:
            pairs = [("job_name", str(error))]
    return dict(pairs)


def found(sources: Sources, name: str) -> type[SourceSpider]:
    """Return the source *name*. Raises Problem (404)."""
    try:
        return sources.spider(name)
    except LookupError:
        raise Problem(404, "no source of that name") from None
