"""Saved answers: which files are meant, what is taken out of a HAR, and what never is."""

import json
import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.captures import BODY_MAX_BYTES, Capture, Captures
from crawlers.errors import CaptureError
from crawlers.saved_files import FILE_MAX_BYTES, named_files

CALL = r"/view(\?|$)"
HIDDEN = "word-of-somebody"
PRIVATE = [{"name": "password", "value": HIDDEN}]


def entry(url: str, text: Any = "{}", status: int = 200, **more: Any) -> dict[str, Any]:
    """Return an entry of a HAR, with secrets wherever a browser puts them."""
    content = {"mimeType": "application/json", "text": text} | more
    return {
        "startedDateTime": "2026-01-02T03:04:05.500+01:00",
        "request": {
            "method": "POST",
            "url": url,
            "cookies": PRIVATE,
            "headers": PRIVATE,
            "postData": {"text": HIDDEN},
        },
        "response": {"status": status, "cookies": PRIVATE, "headers": PRIVATE, "content": content},
    }


def har(*entries: Any) -> str:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}})


def captures(path: Path, text: str | bytes) -> list[Capture]:
    """Return what a file with *text* holds."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(Captures([path], CALL))


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be a user without rights, where these tests run as root."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_files_folders_and_globs_name_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "inner" / "folder.json").mkdir(parents=True)
    names = ("a.json", "b.har", "c.txt", "inner/d.JSON", "inner/e,f.html")
    for name in names:
        (tmp_path / name).write_text("{}")
    a, b, c, d, e = (tmp_path / name for name in names)
    assert named_files(str(a)) == (a,)
    assert named_files(str(tmp_path)) == (a, b, d, e)
    assert named_files(f"{c}, {a},{a}") == (c, a)
    assert named_files(f"{tmp_path}/*.json,{tmp_path}/**/*.html") == (a, e)
    assert named_files(str(e)) == (e,)  # a comma in a name
    assert named_files((a,)) == (a,)
    assert named_files(" ,") == ()


def test_relative_names_and_the_home_folder_are_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.json").write_text("{}")
    assert named_files("a.json,~/a.json") == (tmp_path / "a.json",)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.json", "No such file or directory"),
        ("*.json", "nothing matches"),
        ("folder", "no file ending in .har, .htm, .html, .json in this folder"),
        ("empty.json", "an empty file"),
        ("pipe", "not a file"),
        ("dangling.json", "No such file or directory"),
        ("large.har", "larger than 128 MiB"),
        ("zero\0.json", "no name of a file"),
        ("~nobody-of-that-name/a.json", "No such file or directory"),
    ],
)
def test_an_argument_that_names_nothing_readable_is_refused_in_one_line(
    tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "note.txt").write_text("no answer")
    if name != "*.json":
        (tmp_path / "empty.json").touch()
        (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large.har").open("wb") as file:
        file.truncate(FILE_MAX_BYTES + 1)
    with pytest.raises(ValueError, match=why) as raised:
        named_files(name if name.startswith("~") else f"{tmp_path}/{name}")
    assert "\n" not in str(raised.value)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    path.chmod(0)
    with somebody_else(), pytest.raises(ValueError, match="Permission denied"):
        named_files(str(path))


def test_a_folder_may_hold_one_that_is_closed_to_us(tmp_path: Path) -> None:
    for name in ("a.json", "closed/b.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "closed").chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(0o755)
    with somebody_else():
        found = list(Captures(named_files(str(tmp_path))))
    assert [capture.problem for capture in found] == ["", "Permission denied"]


def test_beside_a_file_that_can_be_read_the_others_fail_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").touch()
    with (tmp_path / "c.har").open("wb") as file:
        file.truncate(FILE_MAX_BYTES + 1)
    found = list(Captures(named_files(str(tmp_path)), CALL))
    assert [capture.problem for capture in found] == ["", "an empty file", "larger than 128 MiB"]


def test_of_a_har_only_the_wanted_bodies_are_taken(tmp_path: Path) -> None:
    entries = [
        entry("https://site.test/login", HIDDEN),
        entry("https://site.test/view?id=1&token=x", '{"id": 1}'),
        entry("https://site.test/view?id=2", b64encode(b"\xff\0").decode(), encoding="base64"),
        entry("https://site.test/viewer", HIDDEN),
    ]
    first, second = captures(tmp_path / "a.har", har(*entries))
    assert (first.url, first.body) == ("https://site.test/view?id=1&token=x", b'{"id": 1}')
    assert (second.content_type, second.body) == ("application/json", b"\xff\0")
    assert first.at == datetime(2026, 1, 2, 2, 4, 5, 500_000, UTC).timestamp()
    assert HIDDEN not in repr([first, second])


def test_a_redirect_is_no_answer(tmp_path: Path) -> None:
    entries = [entry("https://s.test/view?1", status=status) for status in (301, 302, 200, 307)]
    (found,) = captures(tmp_path / "a.har", har(*entries))
    assert (found.name, found.problem) == (f"{tmp_path / 'a.har'}#2", "")
    (found,) = captures(tmp_path / "b.har", har(entries[0]))
    assert found.problem == "a HAR without an answer of the wanted kind"


def test_a_har_is_one_whatever_its_file_is_called(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf \n" + har(entry("https://site.test/view", "{}")).encode()
    assert [one.body for one in captures(tmp_path / "a.json", text)] == [b"{}"]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (entry("https://s.test/view", status=403), "its answer has status 403"),
        (entry("https://s.test/view", text=None), "a HAR without bodies: save it with content"),
        (entry("https://s.test/view", "?", encoding="base64"), "an encoding that cannot be read"),
        (entry("https://s.test/view", encoding="zip"), "an encoding that cannot be read"),
        (entry("https://s.test/other"), "a HAR without an answer of the wanted kind"),
        (entry("https://s.test/view", "x" * (BODY_MAX_BYTES + 1)), "a body of more than 32 MiB"),
        ({"request": {}}, "no whole HAR"),
        ("nothing", "no whole HAR"),
    ],
)
def test_an_entry_that_cannot_be_read_has_a_problem_and_no_body(
    tmp_path: Path, wrong: Any, problem: str
) -> None:
    (found,) = captures(tmp_path / "a.har", har(wrong))
    assert (found.problem, found.body) == (problem, b"")
    assert found.status == (403 if "403" in problem else 200)


def test_a_har_cut_anywhere_gives_no_body(tmp_path: Path) -> None:
    text = har(entry("https://site.test/view", '{"id": 1}'))
    for cut in range(len('{"log": {') + 1, len(text)):
        (found,) = captures(tmp_path / f"{cut}.json", text[:cut])
        assert (found.problem, found.body) == ("no whole HAR", b"")


KEYS = st.sampled_from(["log", "entries", "request", "response", "url", "method", "content"])
JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(KEYS, one),
)


@given(JSON)
def test_any_json_in_the_place_of_a_har_gives_a_problem(
    tmp_path_factory: pytest.TempPathFactory, value: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.har"
    for data in (value, {"log": value}, {"log": {"entries": [value]}}):
        assert all(found.problem for found in captures(path, json.dumps(data)))


def test_a_file_with_a_body_is_dated_by_itself_and_never_in_the_future(tmp_path: Path) -> None:
    path, began = tmp_path / "a.json", datetime.now(UTC).timestamp()
    path.write_text("<p>")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    (found,) = Captures([path])
    assert (found.at, found.content_type, found.url) == (1_700_000_000, "text/html", None)
    for broken in (9_000_000_000, 0, -1):
        os.utime(path, (broken, broken))
        (found,) = Captures([path])
        assert began <= found.at <= datetime.now(UTC).timestamp()


@pytest.mark.parametrize("started", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "soon"])
def test_an_answer_that_cannot_have_been_then_is_dated_by_its_file(
    tmp_path: Path, started: str
) -> None:
    path = tmp_path / "a.har"
    path.write_text(har(entry("https://site.test/view") | {"startedDateTime": started}))
    (found,) = Captures([path])
    assert abs(found.at - path.stat().st_mtime) < 60


def test_an_answer_is_read_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a#1.har"
    texts = [entry("https://site.test/view", f'{{"id": {number}}}') for number in range(3)]
    path.write_text(har(*texts))
    (tmp_path / "b.json").write_text('{"id": "b"}')
    reader = Captures([path, tmp_path / "b.json"], CALL)
    for capture in list(reader):
        assert reader.read(capture.name) == capture


@pytest.mark.parametrize("name", ["/etc/passwd", "", "#1", "{path}#7", "{path}/../a.json"])
def test_only_what_the_arguments_name_is_ever_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    with pytest.raises(CaptureError):
        Captures([path]).read(name.format(path=path))


def test_a_file_that_is_gone_or_changed_since_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(har(entry("https://site.test/view"), entry("https://site.test/view")))
    names = [capture.name for capture in Captures([path], CALL)]
    path.write_text(har(entry("https://site.test/view")))
    with pytest.raises(CaptureError, match="changed since the crawl began"):
        Captures([path], CALL).read(names[1])
    path.unlink()
    with pytest.raises(CaptureError):
        Captures([path], CALL).read(names[0])
