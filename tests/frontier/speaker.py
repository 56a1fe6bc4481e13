"""Words that are said to Redis and to its model, which has to answer the same."""

import math

from crawlers.frontier.queue import Answer, Leased
from crawlers.units import DeadRequest
from tests.frontier.desk import Desk, Worker
from tests.frontier.model_jobs import Child, Entry, Job

REASON = "for a reason: 1, 2"


class Speaker(Desk):
    """Says each word to both, and compares the answers."""

    def nobody_oversleeps(self) -> None:
        """Nobody sleeps while there is work, or when the job can end.

        But for suspects: nobody is woken when the host of one is free.
        """
        self.answers()
        self.woken()
        for who, until in self.asleep.items():
            is_late = until >= self.model.now + 1  # it sleeps for whole ms
            assert not (is_late and self.model.could_lease(who.job, self.model.now, 0))
            assert not who.job.could_end()

    def lease(self, who: Worker, slots: int, spare: int, alone: int) -> None:
        """Ask for leases, and sleep if those were too few."""
        self.say(who, "lease", slots, spare, alone)
        answer = Answer.read(self.answers())
        self.asleep.pop(who, None)
        model = self.model
        model.lease(who.job, slots, spare, alone, answer)
        self.given += [(who, leased) for leased in answer.leased]
        due_ms = math.inf if answer.due_ms is None else answer.due_ms
        suspects = [leased.suspect for leased in answer.leased if leased.suspect]
        is_hungry = len(answer.leased) < slots + spare and suspects != [2]
        if who.job.state == "running" and is_hungry:
            self.asleep[who] = model.now + due_ms
        if suspects or not slots:
            return
        moment = model.next_lease(who.job, min(alone, 1) if answer.leased else alone)
        assert moment == math.inf or due_ms <= math.ceil(moment - model.now)

    def prolong(self, who: Worker, leases: list[Leased]) -> None:
        """Renew leases."""
        fields = [field for one in leases for field in (one.id, one.token, one.host)]
        self.say(who, "renew", len(leases), *fields)
        lost = self.answers()
        for leased in leases:
            self.model.renewed(who.job, leased, is_lost=leased.id in lost)

    def more(self, who: Worker, leased: Leased, children: list[Child]) -> None:
        """Send children ahead."""
        reply = self.model.extend(who.job, leased, children)
        fields = [field for child in children for field in child.fields]
        head = (leased.id, leased.token, leased.units, len(children))
        self.say(who, "extend", *head, *fields, expected=reply)

    def end(
        self, who: Worker, leased: Leased, end: tuple[str, int, str], children: list[Child]
    ) -> None:
        """End a request."""
        reply = self.model.complete(who.job, leased, end, children)
        fields = [field for child in children for field in child.fields]
        head = (leased.id, leased.token, leased.host, leased.units, *end, len(children))
        self.say(who, "complete", *head, *fields, expected=reply)

    def put_back(self, who: Worker, leased: Leased, wait: int, *, is_counted: bool) -> None:
        """Give a request back."""
        reply = self.model.release(who.job, leased, wait, REASON, is_counted=is_counted)
        head = (leased.id, leased.token, leased.host)
        self.say(who, "release", *head, wait, int(is_counted), REASON, expected=reply)

    def give_up(self, who: Worker, leased: Leased) -> None:
        """Give a request up."""
        reply = self.model.refuse(who.job, leased, REASON)
        self.say(who, "refuse", leased.id, leased.token, leased.host, REASON, expected=reply)

    def transferred(self, who: Worker, leased: Leased, word: str) -> None:
        """Say that a request has left, or that its transfer has ended."""
        if word == "sent":
            self.model.sent(leased)
        else:
            self.model.over(who.job, leased)
        self.say(who, word, leased.host, leased.token)

    def dead_request(self, entry: Entry) -> DeadRequest:
        """Return how the dead are listed."""
        name, payload = entry.child.id.hex(), entry.child.payload
        return DeadRequest(name, round(entry.until, 3), entry.attempts, entry.reason, payload)

    def end_all(self, job: Job, refused: int) -> None:
        """End what is leased; some of it is refused."""
        for who, leased in self.given:
            if who.job is job and self.model.owned(job, leased):
                if leased.id[-1] % 4 < refused:
                    self.give_up(who, leased)
                else:
                    self.end(who, leased, ("done", 1, ""), [])
