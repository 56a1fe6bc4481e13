"""What is wrong is said in one form, naming the field, and never what is inside."""

import pytest

from tests.api.serving import Api

JSON = {"Content-Type": "application/json"}


def test_every_problem_is_a_document(trial: Api) -> None:
    client = trial.client("admin")
    for method, path, status in [
        ("GET", "/v1/nowhere", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", "/v1/try/units", 405),
        ("GET", "/v1/try/conflict", 409),
        ("GET", "/v1/try/numbers/x", 422),
    ]:
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem.keys() == {"type", "title", "status", "detail", "errors"}
        assert problem["status"] == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"units": [1, 2, "x"]}', "body.units.2"),
        ('{"units": [1, -2]}', "body.units.1"),
        ('{"units": 7}', "body.units"),
        ("[]", "body"),
        ("null", "body"),
    ],
)
def test_a_wrong_value_is_named_by_its_field(trial: Api, body: str, field: str) -> None:
    answer = trial.client("jobs").post("/v1/try/units", content=body, headers=JSON)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_wrong_parameter_is_named(trial: Api) -> None:
    answer = trial.client("read").get("/v1/try/numbers/1", params={"limit": "101"})
    assert answer.json()["errors"][0]["field"] == "query.limit"


def test_a_hundred_wrong_values_are_enough_to_name(trial: Api) -> None:
    answer = trial.client("jobs").post("/v1/try/units", json={"units": ["x"] * 1000})
    assert len(answer.json()["errors"]) == 100


@pytest.mark.parametrize(
    "body", [b"{", b'{"units": [1}', b"\xff", b"[" * 100_000, b'{"units": 1' + b"0" * 5000]
)
def test_malformed_json_is_refused(trial: Api, body: bytes) -> None:
    answer = trial.client("jobs").post("/v1/try/units", content=body, headers=JSON)
    assert answer.status_code in {400, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_no_json_is_another_type(trial: Api, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = trial.client("jobs").post("/v1/try/units", content=b"units=1", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body", [r'{"text": "\u0000"}', r'{"more": {"a": "\u0000"}}', r'{"text": "\ud800"}']
)
def test_what_no_database_can_hold_is_refused(trial: Api, body: str) -> None:
    answer = trial.client("jobs").post("/v1/try/texts", content=body, headers=JSON)
    assert answer.status_code == 422


@pytest.mark.parametrize("address", ["/v1/try/shared/%00", "/v1/try/numbers/1?limit=%00"])
def test_an_address_has_no_nul(trial: Api, address: str) -> None:
    assert trial.client("read").get(address).status_code == 400


def test_what_nobody_expects_is_logged_once_and_told_to_nobody(trial: Api) -> None:
    answer = trial.client("read").get("/v1/try/nobody")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    log = trial.log.read_text()
    assert log.count("RuntimeError: hunter2") == 1
    trial.log.write_text("")  # what follows is to have no traceback


def test_a_wrong_method_is_told_the_right_ones(server: Api) -> None:
    answer = server.client("admin").put("/v1/jobs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
