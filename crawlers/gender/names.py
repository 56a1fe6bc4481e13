"""Names as people write them, brought to the form that the data has: words of plain letters."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from unidecode import unidecode

LENGTH_MAX: Final = 200
"""Letters that are looked at."""

DISGUISES: Final = re.compile(
    "(?:LATIN LETTER SMALL|NEGATIVE (?:SQUARED|CIRCLED) LATIN) CAPITAL (?:LETTER )?([A-Z])"
)
"""Letters, by their Unicode names, that NFKC leaves alone and unidecode drops or puts in brackets.

Pairs of regional indicators are not among them: they are flags.
"""


def _disguised(*blocks: range) -> Iterator[tuple[int, str]]:
    for code in (code for block in blocks for code in block):
        if match := DISGUISES.fullmatch(unicodedata.name(chr(code), "")):
            yield code, match[1]


SMALL_CAPS: Final = dict(
    _disguised(range(0x250, 0x2B0), range(0x1D00, 0x1D80), range(0xA720, 0xA800))
) | dict(_disguised(range(0x1F150, 0x1F18A)))

LOOKALIKES: Final = str.maketrans("авеғһіјкмнорѕстух", "abefhijkmhopsctyx")
"""Cyrillic for Latin, where a word has both."""

TITLES: Final = frozenset({
    "dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "madam", "madame", "mme",
    "mlle", "lady", "lord", "dame", "herr", "frau", "hr", "fru", "dra", "sr", "sra", "srta",
    "ing", "lic", "rev", "hon", "capt", "captain", "coach", "chef", "dj", "jr", "phd", "the",
    "real", "its", "it's", "im", "i'm", "iam", "am", "my", "by", "and", "official", "oficial",
})  # fmt: skip
"""Words that stand before and around names."""

BRANDS: Final = frozenset({
    "academy", "agency", "boutique", "brand", "brands", "cafe", "club", "clothing",
    "collection", "company", "design", "designs", "foundation", "gallery", "gmbh", "hotel",
    "inc", "institute", "llc", "ltd", "magazine", "media", "news", "photography", "restaurant",
    "salon", "school", "shop", "store", "studio", "studios", "team",
})  # fmt: skip
"""Words that name no person, nor does what they stand in."""

SEPARATORS: Final = re.compile(r"[^a-zA-Z'\-\x80-\U0010ffff]+")
"""All of ASCII that names are not made of."""
ENDS: Final = "'-"


def first_names(full_name: str) -> Iterator[str]:
    """Yield what may be a first name in *full_name*, in the order in which to look it up.

    Nothing for a brand, and nothing for a surname alone behind initials. A name with a hyphen comes
    as a whole, then in its parts.
    """
    words = [_plain(word.casefold()) for word in _words(full_name)]
    if not BRANDS.isdisjoint(words):
        return
    words = [word for word in words if word and word not in TITLES]
    names = list(filter(_is_long_enough, words))
    if len(names) == 1 and len(words[0]) == 1:
        return
    for name in names:
        yield name
        if "-" in name:
            yield from filter(_is_long_enough, name.split("-"))


def _words(text: str) -> Iterable[str]:
    """Split *text* into words of letters, marks, apostrophes and hyphens."""
    text = text[:LENGTH_MAX]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(SMALL_CAPS)
        # Before unidecode, which makes words of symbols.
        text = "".join(map(_kept, text)).replace("İ", "I")  # in lower case that would be two
    return filter(None, (word.strip(ENDS) for word in SEPARATORS.split(text)))


def _kept(char: str) -> str:
    """Return *char* if names are made of it, what stands for it, or a space."""
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if char in "’‘ʼ":  # noqa: RUF001 - that is what they are
        return "'"
    if category == "Pd":
        return "-"
    if category in {"Cf", "Me"}:  # joiners, frames: no end of a word
        return ""
    return char if category[0] in "LM" else " "


def _plain(word: str) -> str:
    """Return *word* in ASCII; nothing for Han, which would come as syllables, surname first."""
    if word.isascii():
        return word
    if any("a" <= char <= "z" for char in word):
        word = word.translate(LOOKALIKES)
    plain = unidecode(word).lower()
    return "" if " " in plain else plain


def _is_long_enough(word: str) -> bool:
    return sum(map(str.isalpha, word)) > 1
