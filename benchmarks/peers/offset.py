"""The peer of paging by key: the same rows by OFFSET, as most APIs page.

``python -m benchmarks.peers.offset <port> <database>``
"""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Response
from psycopg_pool import AsyncConnectionPool

PAGE = """
select coalesce(json_agg(json_build_object('seq', seq, 'row', row) order by seq), '[]')::text from (
    select r.seq, to_jsonb(p) as row from job_results as r
    join profiles as p on p.platform = r.key[1] and p.id = r.key[2]
    where r.job = %s and r.table_name = 'profiles'
    order by r.xid, r.seq limit %s offset %s
) as page
"""


def create_app(url: str) -> FastAPI:
    """Return an API with one route."""
    pool = AsyncConnectionPool(url, min_size=1, max_size=4, open=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pool.open()
        yield
        await pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/results/{job}")
    async def results(job: str, limit: int, offset: int) -> Response:
        async with pool.connection() as connection:
            row = await (await connection.execute(PAGE, [job, limit, offset])).fetchone()
        return Response(row[0] if row else "[]", media_type="application/json")

    return app


def main() -> None:
    """Listen on a free port, and print where."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", int(sys.argv[1])))
        listening.listen(100)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(create_app(sys.argv[2]), log_level="warning"))
        server.run([listening])


if __name__ == "__main__":
    main()
