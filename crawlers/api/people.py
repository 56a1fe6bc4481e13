"""The people who may come in, for administrators; and everybody's own password."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from crawlers import passwords
from crawlers.api.access import Caller, TheCaller, requires
from crawlers.api.entering import acting
from crawlers.api.openapi import errors
from crawlers.api.parameters import NO_OTHERS
from crawlers.api.problems import FieldError, Problem
from crawlers.api.signing_in import AT_ONCE, check_password
from crawlers.api.state import WholeDatabase, state_of
from crawlers.errors import AccountError
from crawlers.roles import Role
from crawlers.storage import users

router = APIRouter(prefix="/v1/people", tags=["accounts"], dependencies=[NO_OTHERS])

Administrator = Annotated[Caller, Depends(requires("admin"))]
Name = Annotated[str, Path(max_length=300, examples=["ada"])]
Password = Annotated[SecretStr, Field(max_length=2000)]


class NewPerson(BaseModel):
    """Somebody who is to sign in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "ada", "role": "member", "password": "correct horse battery"}]
        },
    )

    name: str = Field(max_length=200)
    role: Role
    password: Password


class Change(BaseModel):
    """What is to be different; what is not named stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "reader"}]})

    role: Role | None = None
    is_disabled: bool | None = Field(None, strict=True)
    password: Password | None = None


class OwnPassword(BaseModel):
    """A new password, and the one of before."""

    model_config = ConfigDict(extra="forbid")

    old: Password
    new: Password


class Person(BaseModel):
    """A person as administrators see them."""

    id: str
    name: str
    role: Role
    created_at: datetime
    is_disabled: bool
    issuer: str | None = Field(description="of an identity provider; null: a password")

    @classmethod
    def of(cls, user: users.User) -> "Person":
        """Show *user*."""
        return cls(
            id=user.id,
            name=user.name,
            role=user.role,
            created_at=user.created_at,
            is_disabled=user.disabled_at is not None,
            issuer=user.issuer,
        )


class People(BaseModel):
    """All people, by name."""

    people: list[Person]


@router.get("", dependencies=[Depends(requires("admin"))])
async def list_people(database: WholeDatabase) -> People:
    """List who may come in, and who might before."""
    return People(people=[Person.of(user) for user in await users.users(database)])


@router.post("", status_code=201, responses=errors(409))
async def make_person(
    body: NewPerson, who: Administrator, request: Request, database: WholeDatabase
) -> Person:
    """Let somebody sign in."""
    try:
        name = users.read_name(body.name)
    except AccountError as error:
        raise _wrong("name", error) from None
    hashed = await hashed_password(body.password, name, "password")
    try:
        await users.create(database, name, body.role, hashed, acting(request, who))
    except AccountError as error:
        raise Problem(409, str(error)) from None
    return Person.of(await _person(database, name))


@router.patch("/{name}")
async def change_person(
    name: Name, body: Change, who: Administrator, request: Request, database: WholeDatabase
) -> Person:
    """Change role or password of somebody, or disable them. Their sessions end by the last two."""
    user, act = await _person(database, name), acting(request, who)
    if user.id == who.user_id and (body.is_disabled or body.role not in {None, user.role}):
        raise Problem(403, "nobody locks himself out: let another administrator do it")
    if body.password is not None:
        hashed = await hashed_password(body.password, user.name, "password")
        await users.set_password(database, user.id, hashed, act)
    if body.role is not None:
        await users.set_role(database, user.id, body.role, act)
    if body.is_disabled is not None:
        await users.disable(database, user.id, is_over=body.is_disabled, act=act)
    state_of(request.scope).keys.forget(user.id)
    return Person.of(await _person(database, name))


@router.post("/me/password", status_code=204)
async def change_own_password(
    body: OwnPassword, who: TheCaller, request: Request, database: WholeDatabase
) -> None:
    """Change one's own password. All sessions end: sign in anew."""
    user = await users.by_id(database, who.user_id) if who.user_id else None
    if user is None or who.key_id is not None:
        raise Problem(403, "a key changes no password: sign in")
    await check_password(request.scope, user, body.old.get_secret_value())
    hashed = await hashed_password(body.new, user.name, "new")
    await users.set_password(database, user.id, hashed, acting(request, who))
    state_of(request.scope).keys.forget(user.id)


async def hashed_password(password: SecretStr, name: str, field: str) -> str:
    """Return what is stored of *password*. Raises Problem for one that is too weak."""
    try:
        good = passwords.checked(password.get_secret_value(), name)
    except AccountError as error:
        raise _wrong(field, error) from None
    async with AT_ONCE:
        return await asyncio.to_thread(passwords.hashed, good)


async def _person(database: WholeDatabase, name: str) -> users.User:
    found = await users.find(database, name)
    if found is None:
        raise Problem(404, "no person of that name")
    return found


def _wrong(field: str, error: AccountError) -> Problem:
    return Problem(422, str(error), [FieldError(f"body.{field}", str(error))])
