"""Which batches a crawl begins with: those under way, then accounts that are not read yet."""

from collections.abc import Container, Iterable, Iterator
from itertools import chain, islice
from time import time
from typing import Any

from crawlers.items.base import Ended, Known
from crawlers.items.profiles import Follow, Profile
from spiders.instagram.batch import Batch, digest_of
from spiders.instagram.steps.api import Api, batch_key

DAY_S = 86_400
PLATFORM = "instagram"


async def batches(api: Api) -> tuple[list[Batch], list[Known | Ended]]:
    """Return batches that are under way, then new ones; and what is known of all other accounts."""
    names = {mark["batch"] for mark in (await marks(api)).values() if "batch" in mark}
    begun = await under_way(api, names)
    known = await marks(api)  # whose batch has ended since is read, and not lost
    found = [*begun.values(), *new(api, known, names - begun.keys())]
    asked = {account for batch in found for account in batch.accounts}
    others = (read(account, mark) for account, mark in known.items() if account not in asked)
    return found, [*chain.from_iterable(others)]


def read(account: str, mark: dict[str, Any]) -> Iterator[Known | Ended]:
    """Yield what became of *account* when it was read: its followers are known, or why not."""
    if reason := mark.get("reason"):
        yield Ended(account, "failed", reason)
        return
    key = (PLATFORM, account)
    yield Known(Profile, key, through=(Follow, ("platform", "profile_id")))
    yield Known(Follow, key, account)


async def marks(api: Api) -> dict[str, dict[str, Any]]:
    """Return what is known, by account."""
    keys = {api.account_key(account): account for account in api.args.accounts}
    return {keys[key]: mark for key, mark in (await api.memory.values(keys)).items()}


async def under_way(api: Api, names: Iterable[str]) -> dict[str, Batch]:
    """Return those of the batches with *names* that are there, and of use."""
    keys = {batch_key(name): name for name in sorted(names)}
    found = await api.memory.values(keys)
    return {
        name: Batch(name=name, accounts=tuple(mark["accounts"]), caps=api.caps)
        for key, name in keys.items()
        if (mark := found.get(key)) and not (mark.get("is_nameless") and api.args.batch == 1)
    }


def new(api: Api, known: dict[str, dict[str, Any]], lost: Container[str]) -> Iterator[Batch]:
    """Yield new batches of the accounts that are wanted by what is *known* of them."""
    days, accounts = api.args.max_age_days, api.args.accounts
    wanted = iter([one for one in accounts if is_wanted(known.get(one), lost, days)])
    while some := tuple(islice(wanted, api.args.batch)):
        yield Batch(name=digest_of(api.question, some), accounts=some, caps=api.caps)


def is_wanted(mark: dict[str, Any] | None, lost: Container[str], days: int | None) -> bool:
    """Tell whether an account has to be asked for: not read, failed, or read *days* ago.

    So has one of a batch that is *lost*: somebody was forgotten whom it was about, or its rows
    named no account, and now each has a run of its own.
    """
    if mark is None:
        return True
    if "batch" in mark:
        return mark["batch"] in lost
    return mark["failed"] or (days is not None and mark["at_s"] < time() - days * DAY_S)
