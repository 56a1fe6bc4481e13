"""One's own account: who one is, and another password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from crawlers.api import people as api
from crawlers.api.access import SIGN_IN_PAGE, Caller, TheVisitor
from crawlers.api.cookies import forgetting
from crawlers.api.problems import Problem
from crawlers.api.state import WholeDatabase
from crawlers.storage import users
from crawlers.storage.database import Database
from crawlers.web.rendering import page

router = APIRouter()

Password = Annotated[str, Form(max_length=2000)]
WRONG = 401


@router.get("/account")
async def show_account(request: Request, who: TheVisitor, whole: WholeDatabase) -> Response:
    """Show who has signed in, with a form for another password."""
    return await _form(request, who, whole)


@router.post("/account")
async def change_password(
    request: Request,
    who: TheVisitor,
    whole: WholeDatabase,
    old: Password = "",
    new: Password = "",
) -> Response:
    """Change one's own password, which ends all sessions, or say what is wrong."""
    body = api.OwnPassword.model_validate({"old": old, "new": new})
    try:
        await api.change_own_password(body, who, request, whole)
    except Problem as problem:
        is_old = problem.status_code == WRONG
        said = "this is not your password" if is_old else str(problem.detail)
        return await _form(request, who, whole, problem=said)
    answer = RedirectResponse(SIGN_IN_PAGE, 303)
    for cookie in forgetting():
        answer.headers.append("set-cookie", cookie)
    return answer


async def _form(
    request: Request, who: Caller, whole: Database, *, problem: str | None = None
) -> Response:
    user = await users.by_id(whole, who.user_id) if who.user_id else None
    return page(
        request,
        "account.html",
        status=422 if problem else 200,
        issuer=user.issuer if user else None,
        may_change=user is not None and user.password is not None and who.key_id is None,
        problem=problem,
    )
