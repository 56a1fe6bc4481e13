"""The embedded server: shared by processes, gone with the last of them, restarted when killed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crawlers.storage.embedded import EmbeddedPostgres, drop
from tests.storage.embedding import User, ask, kill_server, write


def test_two_processes_share_one_server_and_the_last_one_stops_it(home: Path) -> None:
    first, watcher = User(home), EmbeddedPostgres(home)
    url = first.url()
    pid = watcher.pid()
    second = User(home)
    assert second.url() == url
    first.leave()
    assert ask(url, "SELECT 1") == 1
    assert watcher.pid() == pid is not None
    second.leave()
    assert watcher.pid() is None


def test_six_processes_at_once_make_one_cluster_and_start_one_server(home: Path) -> None:
    users = [User(home) for _ in range(6)]
    assert len({user.url() for user in users}) == 1
    with ThreadPoolExecutor() as pool:  # all at once
        list(pool.map(User.leave, users))
    data = home / "postgres" / "data"
    assert (data / "server.log").read_text().count("ready to accept connections") == 1
    assert not (data / "server.log.1").exists()
    assert not (data / "postmaster.pid").exists()


def test_a_killed_server_is_started_again_with_its_data(server: EmbeddedPostgres) -> None:
    write(server.url())
    kill_server(server)
    assert ask(server.url(), "SELECT value FROM kept") == 42


def test_another_process_restarts_a_killed_server(server: EmbeddedPostgres, home: Path) -> None:
    write(server.url())
    kill_server(server)
    other = User(home)
    assert ask(other.url(), "SELECT value FROM kept") == 42
    other.leave()
    assert server.pid() is not None, "one user is left"


def test_a_killed_user_does_not_keep_the_server_alive(home: Path) -> None:
    first = User(home)
    url = first.url()
    first.kill()
    assert ask(url, "SELECT 1") == 1, "nobody has stopped it yet"
    second = User(home)
    assert second.url() == url
    second.leave()
    assert EmbeddedPostgres(home).pid() is None


def test_a_process_number_that_was_given_again_does_not_prevent_a_start(
    server: EmbeddedPostgres, home: Path
) -> None:
    write(server.url())
    kill_server(server)
    stranger = User(home / "elsewhere")  # any living process
    pid_file = home / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(stranger.process.pid), *lines[1:]]) + "\n")
    assert ask(server.url(), "SELECT value FROM kept") == 42
    stranger.url()
    stranger.leave()
    drop(home / "elsewhere")


def test_a_server_that_was_closed_can_be_used_again(server: EmbeddedPostgres) -> None:
    write(server.url())
    server.close()
    server.close()
    assert server.pid() is None
    assert ask(server.url(), "SELECT value FROM kept") == 42


def test_a_fork_does_not_stop_the_server_of_its_parent(server: EmbeddedPostgres) -> None:
    server.url()
    pid = server.pid()
    if (child := os.fork()) == 0:
        server.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert server.pid() == pid is not None
