"""What ``scrapy schedule`` does with each of its words."""

from collections.abc import Sequence
from datetime import datetime

from scrapy.settings import BaseSettings

from crawlers.commands.common import fail
from crawlers.commands.schedule_words import OF_ONE, Words
from crawlers.errors import ScheduleError
from crawlers.jobs import scheduling
from crawlers.jobs.scheduling import Entry
from crawlers.jobs.sources import Sources
from crawlers.jobs.submitting import SubmissionError
from crawlers.schedules import Schedule
from crawlers.storage import schedules
from crawlers.storage.database import Database
from crawlers.terminal.screen import clean, console, grid
from crawlers.verdict import Exit


async def act(database: Database, words: Words, settings: BaseSettings) -> Exit:
    """Do what *words* say, and return the exit code."""
    try:
        if words.name is not None and words.action in OF_ONE:
            return await _act_on(database, words.action, words.name, Sources(settings))
        if words.action == "add":
            _say_next(await scheduling.add(database, Sources(settings), _entry(words)))
        else:
            _show(await schedules.list_all(database))
    except (ScheduleError, SubmissionError) as error:
        return fail("schedule", error, Exit.WRONG_USE)
    return Exit.COMPLETED


async def _act_on(database: Database, action: str, name: str, sources: Sources) -> Exit:
    await schedules.find(database, name)
    if action == "remove":
        await schedules.remove(database, name)
        print(f"{name} is removed; its jobs stay")
    elif action == "pause":
        await schedules.pause(database, name)
        _say_paused(name)
    elif action == "resume":
        _say_next(await scheduling.resume(database, name))
    else:
        took = await scheduling.run_now(database, sources, name)
        if took.job is None:
            return fail("schedule", f"{name}: {took.note}", Exit.FAILED)
        print(f"job {took.job} is handed in")
    return Exit.COMPLETED


def _entry(words: Words) -> Entry:
    return Entry(
        expression=words.expression,
        source=words.source,
        arguments=words.arguments,
        name=words.name,
        zone=words.zone,
        jitter_s=words.jitter_s,
        may_overlap=words.may_overlap,
        units_file=words.units_file,
    )


def _say_next(schedule: Schedule) -> None:
    if schedule.is_paused:
        _say_paused(schedule.name)
        return
    print(f"{schedule.name} runs next at {_instant(schedule.next_at)} UTC, by `scrapy work`")


def _say_paused(name: str) -> None:
    print(f"{name} is paused. To go on: scrapy schedule resume {name}")


def _show(found: Sequence[Schedule]) -> None:
    if not found:
        print('Nothing is planned. To add: scrapy schedule add "*/5 * * * *" SOURCE -a ...')
        return
    table = grid(["name", "when", "source", "next (UTC)", "last job", "note"], [])
    table.add_column("asks for", overflow="fold")  # whole: paths are long
    for one in found:
        table.add_row(
            one.name,
            one.expression if one.zone == "UTC" else f"{one.expression} {one.zone}",
            one.source,
            "paused" if one.is_paused else _instant(one.next_at),
            one.last_job or "none yet",
            clean(one.last_note or ""),
            clean(_asked(one)),
        )
    console().print(table)


def _asked(one: Schedule) -> str:
    units = [f"units of {one.units_file}"] if one.units_file else []
    return ", ".join([*(f"{name}={value}" for name, value in one.arguments.items()), *units])


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
