"""The OpenAPI document is what the server does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import Api

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""What schemathesis looks for. That what fits the document is accepted it cannot know: a schema
says no more than the form of a value."""


def operations(api: Api) -> list[tuple[str, dict[str, Any]]]:
    """Return each path of the document with its operations."""
    document = api.client().get("/openapi.json").json()
    return [(path, one) for path, found in document["paths"].items() for one in found.values()]


def test_every_operation_says_how_it_may_fail(server: Api) -> None:
    for path, operation in operations(server):
        assert operation["tags"], path
        assert operation["summary"], path
        versioned = path.startswith("/v1/")
        assert versioned or path.startswith("/health/")
        answers = operation["responses"]
        assert not versioned or {"400", "401", "403", "422", "429", "500", "503"} <= answers.keys()
        assert "requestBody" not in operation or {"413", "415"} <= answers.keys()
        assert "{" not in path or "404" in answers
        for status, answer in answers.items():
            if versioned and status >= "400":
                assert answer["content"].keys() == {"application/problem+json"}, path


def test_the_document_has_a_title_a_version_and_the_scheme_of_keys(trial: Api) -> None:
    document = trial.client().get("/openapi.json").json()
    assert document["info"]["title"] == "crawlers"
    assert document["info"]["version"]
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "HTTPValidationError" not in document["components"]["schemas"]


CONFIG = """
max-stream-events = 1
request-timeout = 30
warnings = false

[phases.coverage]
unexpected-methods = ["PUT"]

[parameters]
"""


def known(api: Api) -> dict[str, list[str]]:
    """Make a job and a link to it, and return what parts of addresses name them, or nothing."""
    client = api.client("jobs")
    job = {"name": "explored", "source": "vlr", "arguments": {"ids": "1,2"}}
    assert client.post("/v1/jobs", json=job).status_code == 202
    link = client.post("/v1/jobs/explored/links", json={}).json()
    token = link["address"].rpartition("/")[2]
    return {
        "path.job": ["explored", "nowhere"],
        "path.link": [link["id"], "0" * 12],
        "path.token": [token],
    }


READS = "^/v1/(chess|duels|esports|products|keyword|shops|profiles|accounts|apify)"
"""Paths of what is stored: `tests.api.reads.test_document` asks for these."""


def explored(
    api: Api,
    folder: Path,
    parameters: dict[str, list[str]],
    *more: str,
    phases: str = "coverage,fuzzing",
) -> "subprocess.CompletedProcess[str]":
    """Ask *api* all that its document allows, and some that it does not; *more* are options."""
    config = folder / "schemathesis.toml"
    lines = [f'"{name}" = {json.dumps(values)}\n' for name, values in parameters.items()]
    config.write_text(CONFIG + "".join(lines))
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += ["--config-file", str(config), "run", f"{api.url}/openapi.json"]
    command += ["--checks", ",".join(CHECKS)]
    command += ["--header", f"Authorization: Bearer {api.key('admin')}"]
    command += ["--phases", phases, "--max-examples", "5", "--no-shrink"]
    command += ["--generation-deterministic", "--no-color", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.timeout(400)
def test_nothing_that_is_asked_brings_an_error_or_an_answer_that_is_not_documented(
    server: Api, tmp_path: Path
) -> None:
    done = explored(server, tmp_path, known(server), "--exclude-path-regex", READS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_holds_for_routes_that_go_wrong_in_every_way(trial: Api, tmp_path: Path) -> None:
    done = explored(trial, tmp_path, {})
    assert done.returncode == 0, done.stdout + done.stderr
