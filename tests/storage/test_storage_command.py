"""``scrapy storage`` on a folder and on two S3 servers: sets up, reads back, tells the truth."""

import argparse
import os
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import boto3
import pytest
from scrapy.exceptions import UsageError

from crawlers.commands.storage import Command
from crawlers.config import Config
from crawlers.storage import buckets
from crawlers.storage.buckets import Finding
from crawlers.storage.lifecycles import OF_RAW
from tests.storage.stores import Server

ROOT = Path(__file__).resolve().parents[2]


class Ended(NamedTuple):
    """How a command ended: exit code and what it said."""

    code: int
    out: str
    err: str


def storage(*arguments: str, **environment: str) -> Ended:
    """Run the command as a person would."""
    program = Path(sys.executable).with_name("scrapy")
    ended = subprocess.run(
        [str(program), "storage", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "error"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def on_moto(moto: Server, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Give a configuration for a bucket that is not there yet."""
    for name, value in moto.environment.items():
        monkeypatch.setenv(name, value)
    return Config(raw_store_url=f"s3://bucket-{uuid.uuid4().hex}/deep/prefix")


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def name_of(config: Config) -> str:
    return str(config.raw_store_url).split("/")[2]


def test_a_folder_is_missing_then_made_then_well(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = storage("check", CRAWLERS_HOME=str(home))
    assert (before.code, before.err) == (1, "")
    assert before.out.startswith("FAILED  folder: ")
    made = storage("setup", CRAWLERS_HOME=str(home))
    assert (made.code, made.err) == (0, ""), made
    assert "ok      permission: mode 700" in made.out
    assert "ok      conditional writes: honoured" in made.out
    assert all(finding.good for finding in buckets.check(Config(crawlers_home=home)))


def test_a_folder_that_others_may_write_to_is_not_well(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    found = by_name(buckets.check(Config(raw_store_url=tmp_path.as_uri())))
    assert found["permission"] == Finding("permission", good=False, detail="mode 777")
    assert found["write"].good


def test_wrong_use_is_exit_code_two() -> None:
    ended = storage("mend")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("say what to do: scrapy storage setup|check") == 1


@pytest.mark.parametrize("arguments", [[], ["setup", "check"]])
def test_there_is_one_thing_to_do_at_a_time(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match=r"scrapy storage setup\|check"):
        Command().run(arguments, argparse.Namespace())


def test_a_wrong_variable_is_exit_code_two_and_named() -> None:
    ended = storage("check", RAW_STORE_URL="ftp://somewhere")
    assert (ended.code, ended.out) == (2, "")
    assert "RAW_STORE_URL is wrong" in ended.err
    assert "Traceback" not in ended.err


def test_a_bucket_is_made_set_up_and_well(moto: Server) -> None:
    where = moto.environment | {"RAW_STORE_URL": f"s3://bucket-{uuid.uuid4().hex}/prefix"}
    made = storage("setup", **where)
    assert (made.code, made.err) == (0, ""), made
    assert "ok      public access: blocked" in made.out
    assert "ok      lifecycle: tmp/ ends after 7 days" in made.out
    assert "ok      conditional writes: honoured" in made.out
    assert storage("check", **where).code == 0


def test_what_a_server_cannot_do_is_detected(rclone: Server) -> None:
    where = rclone.environment | {"RAW_STORE_URL": f"s3://bucket-{uuid.uuid4().hex}"}
    made = storage("setup", **where)
    assert (made.code, made.err.count("\n")) == (1, 1), made
    assert "ignores conditional writes" in made.err
    assert "made\n" in made.out.splitlines(keepends=True)[0]
    assert "FAILED  lifecycle: " in made.out
    assert "ok      conditional writes: ignored by this server" in made.out


def test_wrong_credentials_are_a_line_and_not_shown(rclone: Server) -> None:
    where = rclone.environment | {"AWS_SECRET_ACCESS_KEY": "SOMETHINGWRONG"}
    ended = storage("setup", RAW_STORE_URL="s3://bucket", **where)
    assert ended.code == 1
    assert "FAILED  bucket: wrong credentials" in ended.out
    assert "FAILED  write: raw store s3://bucket: AWS_SECRET_ACCESS_KEY is wrong" in ended.out
    assert "SOMETHINGWRONG" not in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_a_bucket_that_is_not_there_is_not_made_by_looking(on_moto: Config) -> None:
    for _ in range(2):
        bucket, write = buckets.check(on_moto)
        assert bucket == Finding("bucket", good=False, detail="the bucket does not exist")
        assert not write.good


def test_setting_up_twice_is_no_harm(on_moto: Config) -> None:
    first, again = buckets.set_up(on_moto), buckets.set_up(on_moto)
    assert all(finding.good for finding in first + again)
    assert [finding.name for finding in first] == [finding.name for finding in again]


def test_rules_of_others_are_kept(on_moto: Config) -> None:
    buckets.set_up(on_moto)
    with closing(boto3.client("s3")) as client:
        client.put_bucket_lifecycle_configuration(
            Bucket=name_of(on_moto),
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "theirs",
                        "Status": "Enabled",
                        "Filter": {"Prefix": "logs/"},
                        "Expiration": {"Days": 30},
                    }
                ]
            },
        )
        assert not by_name(buckets.check(on_moto))["lifecycle"].good, "ours are gone"
        assert by_name(buckets.set_up(on_moto))["lifecycle"].good
        answer = client.get_bucket_lifecycle_configuration(Bucket=name_of(on_moto))
    assert {rule["ID"]: rule["Filter"] for rule in answer["Rules"]} == {
        "theirs": {"Prefix": "logs/"},
        "crawlers-tmp:deep/prefix/": {"Prefix": "deep/prefix/tmp/"},
        "crawlers-uploads:deep/prefix/": {"Prefix": "deep/prefix/"},
    }


def test_a_rule_that_was_changed_is_noticed(
    on_moto: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(buckets, "OF_RAW", OF_RAW._replace(days=70))
        assert all(finding.good for finding in buckets.set_up(on_moto))
    found = by_name(buckets.check(on_moto))["lifecycle"]
    assert (found.good, found.detail) == (
        False,
        "rule 'crawlers-tmp:deep/prefix/' is not there as it should be",
    )


def test_a_bucket_that_was_opened_is_noticed(on_moto: Config) -> None:
    buckets.set_up(on_moto)
    with closing(boto3.client("s3")) as client:
        client.delete_public_access_block(Bucket=name_of(on_moto))
    assert not by_name(buckets.check(on_moto))["public access"].good


def test_a_region_other_than_the_first_is_named(
    on_moto: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    config = Config(raw_store_url=on_moto.raw_store_url)
    assert all(finding.good for finding in buckets.set_up(config))
    with closing(boto3.client("s3")) as client:
        place = client.get_bucket_location(Bucket=name_of(config))
    assert place["LocationConstraint"] == "eu-west-1"
