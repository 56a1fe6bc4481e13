"""Reads as a user has them: `scrapy serve`, in a process of its own."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from crawlers.config import Config
from tests.api.reads.filling import fill
from tests.api.serving import Api, serving


def test_a_client_walks_through_a_list_and_reads_one_of_it(server: Api) -> None:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        for table in ("profiles", "follows"):
            fill(connection, table, 2_500)
    client = server.client("read")
    found, address = [], "/v1/accounts/instagram/account1/followers?limit=400"
    while address:
        page = client.get(address).raise_for_status().json()
        found += [row["id"] for row in page["rows"]]
        address = page["next"]
    assert sorted(map(int, found)) == list(range(1, 2_501, 3))
    one = client.get(f"/v1/profiles/instagram/{found[0]}").raise_for_status()
    assert one.json()["id"] == found[0]
    assert int(one.headers["Age"]) == one.json()["age_s"]
    counts = client.get("/v1/accounts/instagram/account1/statistics").raise_for_status().json()
    assert counts["followers"] == len(found)
    assert server.client().get("/v1/profiles").status_code == 401
    assert server.client("jobs").get("/v1/profiles").status_code == 403


def test_however_many_ask_several_servers_one_crawl_is_handed_in(
    server: Api, database_config: Config
) -> None:
    with serving(database_config) as other, ThreadPoolExecutor(16) as threads:
        clients = [one.client("read", "jobs") for one in (server, other)]
        path = "/v1/chess/players/nobody?max_age=60"
        asked = [threads.submit(client.get, path) for _ in range(12) for client in clients]
        found = [one.result() for one in asked]
    assert {one.status_code for one in found} == {404}
    assert len({one.json()["detail"] for one in found}) == 1
    assert server.ask("select count(*) from jobs") == 1
