"""What ``scrapy collection`` does with each of its words."""

from crawlers.commands.collection import Words
from crawlers.commands.common import fail
from crawlers.errors import AlertError
from crawlers.storage import collections
from crawlers.storage.collections import ProductId
from crawlers.storage.database import Database
from crawlers.storage.whose import Asked
from crawlers.terminal.amounts import money
from crawlers.terminal.screen import clean, console, grid
from crawlers.verdict import Exit


async def act(database: Database, words: Words) -> Exit:
    """Do what *words* say, and return the exit code."""
    try:
        if words.action == "list":
            await _list(database)
        elif words.action == "create":
            made = await collections.create(database, None, words.name, words.products)
            print(f"{made.name}: {made.products} products")
        else:
            await _act_on(database, words)
    except AlertError as error:
        return fail("collection", error, Exit.WRONG_USE)
    return Exit.COMPLETED


async def _act_on(database: Database, words: Words) -> None:
    found = await collections.find(database, Asked(words.name))
    if words.action == "show":
        await _show(database, found.id)
        return
    if words.action == "remove":
        await collections.remove(database, found.id)
        print(f"{found.name} is removed; its products stay")
        return
    if words.action == "add":
        await collections.add(database, found.id, words.products)
    else:
        await collections.take_out(database, found.id, words.products)
    now = await collections.find(database, Asked(found.id))
    print(f"{now.name}: {now.products} products")


async def _list(database: Database) -> None:
    found = await collections.list_all(database, None)
    if not found:
        print("There are no collections. To make one: scrapy collection create NAME PRODUCT ...")
        return
    table = grid(["name", "id", "made by"], ["products"])
    for one in found:
        table.add_row(clean(one.name), one.id, one.owner or "", f"{one.products:,}")
    console().print(table)


async def _show(database: Database, collection: str) -> None:
    table = grid(["product", "name", "stock"], ["price"])
    after = collections.FIRST
    while page := await collections.members(database, collection, after):
        for one in page:
            price = f"{money(one.price_minor, one.currency)} {one.currency or ''}".strip()
            name = clean(one.name) or "not crawled yet"
            table.add_row(f"{one.platform}:{one.id}", name, one.availability or "", price)
        after = ProductId(page[-1].platform, page[-1].id)
    console().print(table if table.rows else "It is empty.")
