"""The argument ``files=``: which saved files it names, and whether they can be read."""

import stat
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

FILE_MAX_BYTES: Final = 128 * 1024 * 1024
"""A larger file is refused: a HAR is read whole."""

SUFFIXES: Final = frozenset({".json", ".har", ".html", ".htm"})
"""What is taken from a folder. A file that is named itself may be called anything."""


def named_files(value: Any) -> Any:
    """Turn ``a.json,folder,x/*.har`` into absolute paths, each once.

    Raises ValueError, in one line, when a part names no file that can be read; beside one that
    can, the others are kept, and fail one by one.
    """
    if not isinstance(value, str):
        return value
    parts = list(filter(None, map(str.strip, value.split(","))))
    if len(parts) > 1 and _is_there(_path(value)):
        parts = [value]
    found: dict[Path, None] = {}
    for part in parts:
        paths = [path.absolute() for path in _named_by(part)]
        problems = [problem_with(path) for path in paths]
        if not paths or all(problems):
            why = problems[0] if problems else _nothing(part)
            place = paths[0] if len(paths) == 1 else part
            raise ValueError(f"cannot read {str(place)!r}: {why}")
        found |= dict.fromkeys(paths)
    return tuple(found)


Files = Annotated[tuple[Path, ...], BeforeValidator(named_files)]
"""Files, folders and globs, separated by commas."""


def problem_with(path: Path) -> str:
    """Say why *path* cannot be read as a saved answer; nothing if it can."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            return "not a file"
        if not about.st_size:
            return "an empty file"
        if about.st_size > FILE_MAX_BYTES:
            return f"larger than {FILE_MAX_BYTES >> 20} MiB"
        with path.open("rb"):
            return ""
    except (OSError, ValueError) as error:
        return (error.strerror if isinstance(error, OSError) else None) or "no name of a file"


def _named_by(part: str) -> Iterator[Path]:
    path = _path(part)
    if _is_folder(path):
        try:
            yield from sorted(p for p in path.rglob("*") if _is_answer(p))
        except OSError as error:  # a folder in it has gone, or cannot be looked into
            raise ValueError(f"cannot read {part!r}: {error.strerror}") from None
    elif has_magic(part) and not _is_there(path):
        yield from map(Path, sorted(glob(str(path), recursive=True)))  # noqa: PTH207 - takes absolute patterns
    else:
        yield path


def _is_answer(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not _is_folder(path)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # the home of a user who does not exist
        return Path(text)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # in a folder that is closed to us
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # as above: whoever reads it will say so
        return False


def _nothing(part: str) -> str:
    if has_magic(part):
        return "nothing matches"
    return f"no file ending in {', '.join(sorted(SUFFIXES))} in this folder"
