"""Signing in and out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from crawlers.api.access import TheVisitor
from crawlers.api.cookies import forgetting, keeping, refuse_other_sites
from crawlers.api.problems import Problem
from crawlers.api.session import end_session
from crawlers.api.signing_in import sign_in
from crawlers.api.state import state_of
from crawlers.web.rendering import page

router = APIRouter()

REFUSED = {401, 429}


@router.get("/sign-in")
async def show_form(request: Request) -> Response:
    """Ask who it is."""
    return page(request, "sign_in.html", problem=None, name="", next=wanted(request))


@router.post("/sign-in")
async def come_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Begin a session in cookies, and go to the page that was wanted."""
    refuse_other_sites(request.scope)
    try:
        issued = await sign_in(request.scope, name, password)
    except Problem as problem:
        if problem.status_code not in REFUSED:
            raise
        said = {"problem": problem.detail, "name": name, "next": wanted(request)}
        again = page(request, "sign_in.html", status=problem.status_code, **said)
        again.headers.update(problem.headers or {})
        return again
    answer = RedirectResponse(wanted(request), 303)
    for cookie in keeping(issued, state_of(request.scope).lifetimes.longest):
        answer.headers.append("set-cookie", cookie)
    return answer


@router.post("/sign-out")
async def leave(request: Request, who: TheVisitor) -> Response:
    """End the session."""
    answer = RedirectResponse("/sign-in", 303)
    if who.session_id is not None:
        await end_session(who, request, answer)
    else:
        for cookie in forgetting():
            answer.headers.append("set-cookie", cookie)
    return answer


def wanted(request: Request) -> str:
    """Return where to go after signing in: only to a page of ours."""
    address = request.query_params.get("next", "/")
    # What a browser takes for another site: //host, and the same with backslashes or controls.
    is_odd = not address.startswith("/") or "\\" in address or not address.isprintable()
    return "/" if is_odd or address.startswith("//") or urlsplit(address).netloc else address
