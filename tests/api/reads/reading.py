"""What the tests of reads need: to store items as crawls do, and to ask for them as clients do."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient, Response
from pydantic import BaseModel
from scrapy.utils.project import get_project_settings
from starlette.routing import Match

from crawlers.api.app import create_app
from crawlers.api.reads import chess, duels, prices, products, profiles
from crawlers.api.reads.esports import events, lists, matches, people, search
from crawlers.config import Config
from crawlers.harvest import Harvest
from crawlers.items.base import Item
from crawlers.storage.api_keys import Wanted, create
from crawlers.storage.database import Database
from crawlers.storage.postgres import Writer

MODULES = (chess, duels, prices, products, profiles, events, lists, matches, people, search)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Reads:
    """The real application, a client whose key may read, and a writer."""

    def __init__(self, config: Config) -> None:
        """Read what is in the database that *config* names."""
        self.config = config
        self.app = create_app(get_project_settings(), config)
        self.database = Database(config)
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Make a key, and be ready."""
        enter = self._closing.enter_async_context
        await enter(self.app.router.lifespan_context(self.app))
        self._closing.push_async_callback(self.database.close)
        self.writer = await enter(Writer(self.database))
        self.client = await enter(self._client())
        await self.uses("read")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all."""
        await self._closing.aclose()

    def _client(self) -> AsyncClient:
        # What the application does not expect is an answer, as it is over HTTP.
        transport = ASGITransport(self.app, raise_app_exceptions=False)
        return AsyncClient(transport=transport, base_url="http://api.example")

    async def uses(self, *scopes: str) -> None:
        """Show a new key with *scopes* from now on."""
        key = await create(self.database, Wanted("a test", scopes))
        self.client.headers["Authorization"] = f"Bearer {key}"

    async def put(self, *items: Item, source: str = "a_source", at: datetime = NOON) -> None:
        """Store *items*, as they were seen *at* an instant."""
        url = "https://site.example/page"
        await self.writer.store(Harvest(fetched_at=at, items=list(items), source=source, url=url))

    async def ask(self, path: str, **query: Any) -> Response:
        """Return the answer, whatever it is. It is as the OpenAPI document says."""
        response = await self.client.get(f"/v1{path}", params=query or None)
        if response.status_code == 200:
            self._model(path.partition("?")[0]).model_validate_json(response.content)
        else:
            assert response.headers["content-type"] == "application/problem+json"
        return response

    async def get(self, path: str, **query: Any) -> Any:
        """Return what is answered."""
        response = await self.ask(path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the rows of all pages of a list."""
        page = await self.get(path, **query)
        found = list(page["rows"])
        while page["next"]:
            page = await self.get(page["next"].removeprefix("/v1"))
            found += page["rows"]
        return found

    async def problems(self, path: str, **query: Any) -> dict[str, str]:
        """Return what is wrong with which field."""
        response = await self.ask(path, **query)
        assert response.status_code == 422, response.text
        return {one["field"]: one["message"] for one in response.json()["errors"]}

    async def execute(self, statement: str) -> None:
        """Change something in the database."""

        async def work(connection: Any) -> None:
            await connection.execute(statement.encode())

        await self.database.run(work)

    def _model(self, path: str) -> type[BaseModel]:
        scope = {"type": "http", "method": "GET", "path": f"/v1{path}"}
        for route in (one for module in MODULES for one in module.router.routes):
            if isinstance(route, APIRoute) and route.matches(scope)[0] == Match.FULL:
                model: type[BaseModel] = route.response_model or route.responses[200]["model"]
                return model
        raise AssertionError(path)


def ago(**span: float) -> datetime:
    """Return the instant a *span* ago."""
    return datetime.now(UTC) - timedelta(**span)
