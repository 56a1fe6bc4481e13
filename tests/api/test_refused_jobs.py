"""What is refused: wrong requests for jobs, and jobs of others."""

from typing import Any

import pytest

from crawlers.config import Config
from tests.api.asking import handed_in
from tests.api.serving import Api, serving

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"source": "nobody"}, "body.source", "unknown source"),
    ({"units": ["/1", "two", "three"]}, "body.units.1", "'two' is no path"),
    ({"units": ["/1"], "arguments": {"nothing": 1}}, "body.arguments", "unknown argument"),
    ({"units": ["/1"], "arguments": {"children": "many"}}, "body.arguments.children", "integer"),
    ({"arguments": {"children": True}}, "body.arguments.children", "neither true nor false"),
    ({"units": ["/1"], "arguments": {"job": "x"}}, "body.arguments.job", "no job="),
    ({"units": ["/1"], "workers": 2}, "body.workers", "need a Redis"),
    ({"arguments": {"paths": [1, 2]}}, "body.arguments.paths", "a list of texts"),
    ({"arguments": {"paths": ["/" * 4097]}}, "body.arguments.paths", "at most 4,096 characters"),
    ({"arguments": {"paths": None}}, "body.arguments.paths", "a list of texts"),
    ({"units": "/1"}, "body.units", "list"),
    ({"units": [1]}, "body.units.0", "string"),
    ({"name": "a job"}, "body.name", "pattern"),
    ({"more": 1}, "body.more", "not permitted"),
]


def test_a_job_belongs_to_the_key_that_handed_it_in_and_to_administrators(api: Api) -> None:
    owner, other, administrator = api.client("jobs"), api.client("jobs"), api.client("admin")
    job = handed_in(owner, units=["/1"])
    for path in ("", "/units", "/results", "/events", "/export"):
        assert other.get(f"/v1/jobs/{job['id']}{path}").status_code == 404, path
    for path in ("/cancel", "/retry"):
        assert other.post(f"/v1/jobs/{job['id']}{path}").status_code == 404, path
    assert other.get("/v1/jobs").json()["jobs"] == []
    assert [one["id"] for one in owner.get("/v1/jobs").json()["jobs"]] == [job["id"]]
    assert administrator.get(job["links"]["self"]).status_code == 200
    assert api.client("read").get(job["links"]["self"]).status_code == 403
    assert api.client().get(job["links"]["self"]).status_code == 401


def test_who_guesses_what_somebody_has_handed_in_sees_nothing_of_it(api: Api) -> None:
    owner, other, administrator = api.client("jobs"), api.client("jobs"), api.client("admin")
    body = {"source": "errand", "name": "mine", "units": ["/1"]}
    first = owner.post("/v1/jobs", json=body).json()
    for stranger in (other, administrator):
        answer = stranger.post("/v1/jobs", json=body)
        assert (answer.status_code, "take another name" in answer.text) == (409, True)
    again = owner.post("/v1/jobs", json=body)
    assert (again.status_code, again.json()["id"]) == (202, "mine")
    assert (first["is_new"], again.json()["is_new"]) == (True, False)


@pytest.mark.parametrize(("body", "field", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_field_and_nothing_is_written(
    api: Api, body: dict[str, Any], field: str, message: str
) -> None:
    answer = api.client("jobs").post("/v1/jobs", json={"source": "errand"} | body)
    assert answer.status_code == 422, answer.text
    first, *_ = answer.json()["errors"]
    assert first["field"] == field
    assert message in first["message"]
    assert len({error["field"] for error in answer.json()["errors"]}) == len(
        answer.json()["errors"]
    )
    assert api.ask("select count(*) from jobs") == 0


@pytest.mark.parametrize(
    "address", ["?stat=failed", "/mine/units?status=open", "/mine/export?csv=1"]
)
def test_a_parameter_that_nobody_knows_is_refused(api: Api, address: str) -> None:
    client = api.client("jobs")
    handed_in(client, name="mine", units=["/1"])
    answer = client.get(f"/v1/jobs{address}")
    name = address.partition("?")[2].partition("=")[0]
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": f"query.{name}", "message": "no such parameter"}],
    )


def test_wrong_units_are_left_out_where_somebody_wants_that(api: Api) -> None:
    job = handed_in(api.client("jobs"), units=["/1", "two", "/3"], skip_wrong=True)
    assert job["units"] == {"open": 2}
    assert job["left_out"] == [
        {"field": "body.units.1", "message": "'two' is no path"},
    ]


def test_more_units_than_a_job_may_have_are_refused(api: Api) -> None:
    units = [f"/{number}" for number in range(100_001)]
    answer = api.client("jobs").post("/v1/jobs", json={"source": "errand", "units": units})
    assert answer.status_code == 422
    assert "100,001 units are too many" in answer.text
    assert api.ask("select count(*) from jobs") == 0


def test_files_of_the_server_are_not_read(database_config: Config) -> None:
    with serving(database_config) as api:
        for name in ("players_file", "files"):
            source = "lichess" if name == "players_file" else "duelingbook"
            body = {"source": source, "arguments": {name: "/etc/passwd"}}
            answer = api.client("jobs").post("/v1/jobs", json=body)
            assert answer.status_code == 422
            assert "files of the server are not read" in answer.text


def test_an_origin_is_for_servers_in_test_mode(database_config: Config) -> None:
    with serving(database_config, CRAWLERS_TEST="0") as api:
        arguments = {"origin": "https://lichess.example"}
        body = {"source": "lichess", "units": ["a_player"], "arguments": arguments}
        answer = api.client("jobs").post("/v1/jobs", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.arguments.origin"


@pytest.mark.parametrize("path", ["results?", "export?", "export?format=csv&"])
def test_results_of_a_table_that_is_none_are_refused(api: Api, path: str) -> None:
    client = api.client("jobs")
    job = handed_in(client, units=["/1"])
    answer = client.get(f"/v1/jobs/{job['id']}/{path}table=chess_game")
    assert answer.status_code == 422
    field = {"field": "query.table", "message": "there is no table 'chess_game'"}
    assert answer.json()["errors"] == [field]
