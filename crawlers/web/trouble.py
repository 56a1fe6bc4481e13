"""What went wrong, as a page."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crawlers.api.problems import Problem, problem_of, response_of
from crawlers.errors import ScheduleError
from crawlers.web.rendering import page

ELSEWHERE = 303


class Trouble:
    """Nothing that is raised gets past it before an answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand around *app*."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered, in the worst case by a page that says why not."""
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if has_begun:
                raise
            answer = await answer_of(Request(scope), error)
            await answer(scope, receive, send)


async def answer_of(request: Request, error: Exception) -> Response:
    """Return what to show for *error*."""
    if isinstance(error, ScheduleError):
        error = Problem(422, str(error))
    problem = problem_of(error)
    headers = dict(problem.headers or {})
    if problem.status_code == ELSEWHERE:
        return RedirectResponse(headers["Location"], ELSEWHERE)
    if "authorization" in request.headers:  # a program, at an address that the API does not have
        return response_of(problem)
    answer = page(
        request,
        "error.html",
        status=problem.status_code,
        code=problem.status_code,
        detail=problem.detail,
        errors=getattr(problem, "errors", ()),
        crawl=getattr(problem, "crawl", None),
    )
    answer.headers.update(headers)
    return answer
