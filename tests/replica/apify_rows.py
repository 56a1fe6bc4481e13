"""Rows of followers that an actor brings: made from a number, never kept."""

import json
from collections.abc import Callable
from zlib import crc32

FIRST = ("James", "Mary", "Robert", "Linda", "Carlos", "Sofia", "Ahmed", "Yuki", "Olga", "Ivan",
         "✨Emma✨", "Dr. Paul", "ᴀɴɴᴀ", "", "Shop", "Kim")  # fmt: skip
LAST = ("Smith", "García", "Müller", "Tan", "O'Brien", "Ng", "Rossi", "Sato")
PER_ACCOUNT = 10_000
FIRST_ID = 5_000_000_000
"""Above 2^32, as real ids are."""
PICTURE = "https://cdn.example.invalid/v/t51/{}.jpg?sig=secret"


def account_number(account: str) -> int:
    """Return the number of an account: the digits of its name, or something of its own."""
    digits = "".join(filter(str.isdigit, account))
    return int(digits) if digits else crc32(account.encode()) % 1_000_000


def profile_id(account: str, place: int, shared: int) -> int:
    """Return who follows *account* at *place*; at the first *shared* places it is the same one."""
    number = 0 if place < shared else account_number(account) + 1
    return FIRST_ID + number * PER_ACCOUNT + place


def full_name(profile: int, seed: int) -> str:
    """Return a name; some have none."""
    chance = profile * 2_654_435_761 + seed
    first = FIRST[chance // 7 % len(FIRST)]
    return f"{first} {LAST[chance // 131 % len(LAST)]}" if first else ""


def _values(account: str, place: int, shared: int, seed: int) -> tuple[int, str, str, str, str]:
    profile = profile_id(account, place, shared)
    is_private = "true" if profile % 3 == 0 else "false"
    is_verified = "true" if profile % 50 == 0 else "false"
    name = json.dumps(full_name(profile, seed), ensure_ascii=False)
    return profile, name, is_private, is_verified, PICTURE.format(profile)


def camel(account: str, place: int, shared: int, seed: int) -> str:
    """Return a row of the default actor."""
    profile, name, private, verified, picture = _values(account, place, shared, seed)
    return (
        f'{{"sourceUsername":"{account}","type":"FOLLOWER","userId":"{profile}",'
        f'"username":"user_{profile}","fullName":{name},"isPrivate":{private},'
        f'"isVerified":{verified},"profilePicUrl":"{picture}"}}'
    )


def snake(account: str, place: int, shared: int, seed: int) -> str:
    """Return the same in the words of others."""
    profile, name, private, verified, picture = _values(account, place, shared, seed)
    return (
        f'{{"username_scrape":"{account}","type":"Followers","id":"{profile}",'
        f'"username":"user_{profile}","full_name":{name},"is_private":{private},'
        f'"is_verified":{verified},"profile_pic_url":"{picture}"}}'
    )


def bare(account: str, place: int, shared: int, seed: int) -> str:
    """Return a row that does not name its account."""
    profile, name, private, verified, picture = _values(account, place, shared, seed)
    return (
        f'{{"full_name":{name},"username":"user_{profile}","id":"{profile}",'
        f'"is_private":{private},"is_verified":{verified},"profile_pic_url":"{picture}"}}'
    )


def details(account: str, place: int, shared: int, seed: int) -> str:
    """Return a nested row: the id is a number, a boolean is a text."""
    profile, name, private, verified, _ = _values(account, place, shared, seed)
    return (
        f'{{"type":"followers","instagramUrl":"https://www.instagram.com/{account}/",'
        f'"details":{{"pk":{profile},"username":"user_{profile}","full_name":{name},'
        f'"is_private":{private},"is_verified":"{verified}","latest_reel_media":0}}}}'
    )


def following(account: str, place: int, shared: int, seed: int) -> str:
    """Return a row of the wrong direction."""
    return f'{{"following_of":"{account}",{bare(account, place, shared, seed)[1:]}'


def strange(account: str, place: int, shared: int, seed: int) -> str:
    """Return a row of something else."""
    _, name, *_ = _values(account, place, shared, seed)
    return f'{{"caption":{name},"likes":{place},"ownerUsername":"{account}"}}'


def foreign(_: str, place: int, shared: int, seed: int) -> str:
    """Return a row about an account that nobody asked for."""
    return camel("z99", place, shared, seed)


SHAPES: dict[str, Callable[[str, int, int, int], str]] = {
    shape.__name__: shape for shape in (camel, snake, bare, details, following, strange, foreign)
}
