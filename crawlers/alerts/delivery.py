"""Alerts on their way to people: planned, taken, sent, noted. Any number may do so at once.

A message goes out at least once. Whoever dies between sending and noting makes somebody else send
it again when the lease is over, with the same key: receivers tell by it that they have it.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from scrapy.settings import BaseSettings

from crawlers.alerts import times
from crawlers.alerts.sealing import Sealing
from crawlers.alerts.times import Habits
from crawlers.config import Config
from crawlers.errors import AlertError, ConfigError, StorageError
from crawlers.storage import alert_outbox
from crawlers.storage.alert_deliveries import Deliveries, Taken
from crawlers.storage.alert_outbox import New, Plan
from crawlers.storage.database import Database
from crawlers.storage.whose import OUT

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Messages that are sent at the same time, each to another channel, and not all of one person."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How often and how long is tried; `crawlers.settings` says what each is for."""

    attempts: int = 8
    first_s: float = 30.0
    longest_s: float = 6 * 3600.0
    lease_s: float = 120.0
    poll_s: float = 1.0

    @classmethod
    def read(cls, settings: BaseSettings) -> Self:
        """Read ``ALERT_...``. Raises ConfigError."""
        try:
            first, longest = map(float, settings.getlist("ALERT_AGAIN_S"))
            lease, poll = settings.getfloat("ALERT_LEASE_S"), settings.getfloat("ALERT_POLL_S")
            return cls(settings.getint("ALERT_ATTEMPTS"), first, longest, lease, poll)
        except ValueError:
            raise ConfigError("a setting ALERT_... is wrong: expected numbers") from None

    @property
    def most_s(self) -> float:
        """How long one message may take: when the lease is over, somebody else sends it, too."""
        return 0.75 * self.lease_s

    def wait_s(self, attempts: int) -> float:
        """Return how long to wait after so many *attempts*, spread so that not all come at once."""
        wait = float(min(self.longest_s, self.first_s * 4 ** (attempts - 1)))
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


class Deliverer:
    """Sends what is due, from one database."""

    def __init__(
        self, database: Database, config: Config, rules: Rules, say: Callable[[str], None]
    ) -> None:
        """Send what *database* has, and *say* what happens."""
        self._database = database
        self._deliveries = Deliveries(database)
        self._config = config
        self._rules = rules
        self._say = say
        self._sealing = Sealing(config)

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until *stopping*; what is on its way then ends first.

        Nobody waits for another: a channel that is slow to answer delays its own messages only.
        """
        send: Callable[[], Awaitable[object]] = partial(self._send_all, stopping)
        works = [self._plan_all, *[send] * AT_ONCE]
        await asyncio.gather(*(self._go_on(work, stopping) for work in works))

    async def deliver(self) -> int:
        """Send all that is due now; return how many messages were tried."""
        await self._plan_all()
        ends = asyncio.Event()
        tried = await asyncio.gather(*(self._send_all(ends) for _ in range(AT_ONCE)))
        return sum(tried)

    async def deliver_one(self, delivery: int) -> str | None:
        """Send one message now; return why it was not sent, or None."""
        taken = await self._deliveries.take(self._rules.lease_s, delivery)
        if taken is not None:
            await self._send(taken)
        state, reason = await self._deliveries.state(delivery)
        return None if state == "sent" else reason or "somebody else is sending it"

    async def _go_on(self, work: Callable[[], Awaitable[object]], stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await work()
            except StorageError as error:
                logger.warning("Alerts wait for the database: %s", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._rules.poll_s)

    async def _plan_all(self) -> None:
        while await alert_outbox.plan(self._database, decide):
            pass

    async def _send_all(self, stopping: asyncio.Event) -> int:
        count = 0
        while not stopping.is_set():
            taken = await self._deliveries.take(self._rules.lease_s)
            if taken is None:
                break
            count += 1
            await self._send(taken)
        return count

    async def _send(self, taken: Taken) -> None:
        from crawlers.alerts.sending import send  # noqa: PLC0415 - only who sends needs it
        from crawlers.alerts.words import message_of  # noqa: PLC0415 - the same

        channel = await self._deliveries.channel(taken)
        if channel is None:
            await self._deliveries.end(taken, "left_out", "its channel was removed")
            return
        if await self._deliveries.is_for_nobody(taken):
            await self._deliveries.end(taken, "left_out", OUT)
            return
        if await self._is_quiet(taken):
            return
        message = message_of(taken, await self._deliveries.alerts(taken))
        try:
            address = self._sealing.open(channel.sealed)
            reason = await asyncio.to_thread(
                send, address, message, self._config, self._rules.most_s
            )
        except AlertError as error:
            reason = str(error)
        await self._note(taken, channel.name, reason)

    async def _note(self, taken: Taken, name: str, reason: str | None) -> None:
        if reason is None:
            await self._deliveries.sent(taken)
            self._say(f"alert {taken.key} was sent to {name}")
        elif taken.attempts >= self._rules.attempts:
            await self._deliveries.end(taken, "dead", f"{reason}; given up")
            self._say(f"alert {taken.key} is given up: {name}: {reason}")
        else:
            wait_s = self._rules.wait_s(taken.attempts)
            await self._deliveries.again(taken, wait_s, reason)
            self._say(f"alert {taken.key} waits: {name}: {reason}; again in {wait_s:.0f} s")

    async def _is_quiet(self, taken: Taken) -> bool:
        """Put *taken* off where it has come into the quiet hours of its rule; tell whether."""
        found = await self._deliveries.habits(taken)
        if found is None:
            return False
        zone, quiet_from, quiet_to, now = found
        until = times.after_quiet(Habits(zone, quiet_from, quiet_to), now)
        if until > now:
            await self._deliveries.put_off(taken, until)
        return bool(until > now)


def decide(one: New) -> Plan:
    """Return when the messages of an alert are due."""
    habits = Habits(one.zone, one.quiet_from, one.quiet_to, one.digest, one.digest_at)
    return Plan(times.due(habits, one.now), times.day_began(one.now, one.zone))


def deliverer(
    database: Database, config: Config, settings: BaseSettings, say: Callable[[str], Any]
) -> Deliverer:
    """Return what sends the alerts of *database*. Raises ConfigError."""
    return Deliverer(database, config, Rules.read(settings), say)
