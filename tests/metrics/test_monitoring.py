"""The alert rules and the dashboard name only what there is."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from crawlers.api.families import LEVELS, SUMS, names
from tests.deploy.files import DEPLOY

FOLDER = DEPLOY / "monitoring"
WORDS = {
    "sum", "rate", "increase", "max", "by", "on", "le", "time", "absent", "topk", "or", "and",
    "histogram_quantile", "up", "unless",
}  # fmt: skip
LABELS = {
    "source", "state", "status", "outcome", "event", "kind", "part", "what", "site", "table",
    "route", "method", "le", "job",
}  # fmt: skip


def rules() -> list[dict[str, Any]]:
    """Return every alert."""
    read = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    return [rule for group in read["groups"] for rule in group["rules"]]


def board() -> dict[str, Any]:
    """Return the dashboard."""
    read: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
    return read


def expressions() -> Iterator[str]:
    """Yield every expression, in rules and panels."""
    yield from (rule["expr"] for rule in rules())
    for panel in board()["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_and_label_is_one_that_there_is(expression: str) -> None:
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]', "", expression)
    assert bare.count("(") == bare.count(")")
    inside = re.findall(r"\{([^}]*)\}", bare)
    used = {label for part in inside for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", part)}
    used |= {one for part in re.findall(r"\b(?:by|on) \(([^)]*)\)", bare)
             for one in re.split(r",\s*", part)}  # fmt: skip
    assert used <= LABELS
    outside = re.sub(r"\{[^}]*\}|\b(?:by|on) \([^)]*\)", "", bare)
    words = set(re.findall(r"[a-z_]\w*", outside)) - WORDS
    assert words - names() == set()


def test_labels_are_those_that_metrics_have() -> None:
    ours = {label for level in LEVELS for label in level.labels}
    ours |= {one.label for one in SUMS.values() if one.label}
    assert ours | {"source", "route", "method", "le", "job", "status"} == LABELS


def test_every_rule_says_what_is_wrong_and_how_bad_it_is() -> None:
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found) > 10
    for rule in found:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}


def test_every_metric_is_on_the_dashboard_but_for_sizes() -> None:
    text = " ".join(expressions())
    missing = {name for name in names() if name.rpartition("_")[0] not in text and name not in text}
    assert missing <= {"crawlers_table_rows", "crawlers_backup_bytes", "crawlers_api_streams",
                       "crawlers_places_taken"}  # fmt: skip


def test_the_dashboard_can_be_imported() -> None:
    found = board()
    assert found["uid"] == "crawlers"
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
    places = [panel["gridPos"] for panel in found["panels"]]
    assert len({(one["x"], one["y"]) for one in places}) == len(places)
    assert all(one["x"] + one["w"] <= 24 for one in places)
