"""Numbers as sites write them: amounts of money, and counts in words of a locale."""

import re
from decimal import Decimal
from typing import Final

EXPONENTS: Final = {
    "BRL": 2, "CLP": 0, "COP": 2, "EUR": 2, "GBP": 2, "IDR": 2, "JPY": 0, "MXN": 2, "MYR": 2,
    "PHP": 2, "SGD": 2, "THB": 2, "TWD": 2, "USD": 2, "VND": 0,
}  # fmt: skip
"""Digits of the minor unit, by currency: ISO 4217, list one."""

FACTORS: Final = {
    "": 1,
    "k": 10**3,
    "rb": 10**3,  # Indonesian
    "ribu": 10**3,
    "n": 10**3,  # Vietnamese
    "nghìn": 10**3,
    "ngàn": 10**3,
    "mil": 10**3,  # Portuguese and Spanish
    "พัน": 10**3,
    "千": 10**3,
    "หมื่น": 10**4,
    "万": 10**4,
    "萬": 10**4,
    "แสน": 10**5,
    "m": 10**6,
    "tr": 10**6,  # Vietnamese
    "triệu": 10**6,
    "jt": 10**6,  # Indonesian
    "juta": 10**6,
    "mi": 10**6,  # Portuguese
    "milhão": 10**6,
    "milhões": 10**6,
    "millón": 10**6,  # Spanish
    "millones": 10**6,
    "ล้าน": 10**6,
}
"""What a word after a number multiplies it by."""

_AMOUNT: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})?")
_COUNT: Final = re.compile(r"(?P<whole>\d+)(?:[.,](?P<part>\d+))?\s?(?P<word>[^\d\s.,+]*)\+?")
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*\+?")


def minor_units(amount: Decimal | int | str, currency: str) -> int:
    """Return *amount* of *currency* in its minor unit, exactly.

    Raises ValueError for no plain decimal number, for less than nothing, for parts of a minor unit
    and for a currency that is not listed here.

    >>> minor_units("24.17", "USD"), minor_units("97043", "VND")
    (2417, 97043)
    """
    if currency not in EXPONENTS:
        raise ValueError(f"no digits are known for the currency {currency[:8]!r}")
    if not _AMOUNT.fullmatch(str(amount)):
        raise ValueError(f"{str(amount)[:40]!r} is no amount of money")
    found = Decimal(amount).scaleb(EXPONENTS[currency])
    if found != found.to_integral_value():
        raise ValueError(f"{str(amount)[:40]!r} is no amount of {currency}")
    return int(found)


def count_of(text: str) -> int:
    """Return the number in *text*, as shops round it in the words of their countries.

    Raises ValueError for anything else.

    >>> [count_of(text) for text in ("312", "1,2rb", "10k+", "1.2ล้าน", "1.5万", "2.345")]
    [312, 1200, 10000, 1200000, 15000, 2345]
    """
    shown = " ".join(text.split()).lower()
    if _GROUPED.fullmatch(shown):
        return int(re.sub(r"\D", "", shown))
    match = _COUNT.fullmatch(shown)
    if match is None or match["word"] not in FACTORS:
        raise ValueError(f"{text[:40]!r} is no count")
    if match["part"] and not match["word"]:
        raise ValueError(f"{text[:40]!r} is no whole number")
    found = Decimal(f"{match['whole']}.{match['part'] or 0}") * FACTORS[match["word"]]
    if found != found.to_integral_value():
        raise ValueError(f"{text[:40]!r} is no whole number")
    return int(found)
