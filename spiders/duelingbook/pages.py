"""What the page of a replay answers: the record of the replay, or why there is none."""

from collections.abc import Iterator

from crawlers.errors import PageError
from crawlers.items.duels import DuelChat
from crawlers.page import Found, Page
from spiders.duelingbook.answer import redacted, replay_in, wanted_id
from spiders.duelingbook.chat import chat_lines
from spiders.duelingbook.replay import read_replay
from spiders.duelingbook.scores import check_scores
from spiders.duelingbook.vocabulary import unknown_in_replay


class ReplayPage(Page):
    """One replay, without what people said in it."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Take out chat, and all that is no part of a replay."""
        return redacted(body, chat=False)

    def read_items(self) -> Iterator[Found]:
        """Yield the replay with its matches, games and cards."""
        data = replay_in(self.url, self.body)
        wanted = wanted_id(self.url)
        if str(data["id"]) != wanted:
            raise PageError(self.url, f"replay {data['id']!r} instead of {wanted}"[:200])
        replay = read_replay(data)
        check_scores(self.url, replay)
        yield replay
        yield from unknown_in_replay(replay)


class ReplayWithChatPage(ReplayPage):
    """One replay, with what people said in it."""

    @classmethod
    def redact(cls, body: bytes) -> bytes:
        """Take out what is no part of a replay."""
        return redacted(body, chat=True)

    def read_items(self) -> Iterator[Found]:
        """Yield what `ReplayPage` yields, and the chat."""
        yield from super().read_items()
        yield DuelChat(replay=wanted_id(self.url), lines=chat_lines(replay_in(self.url, self.body)))
