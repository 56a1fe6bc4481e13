"""Errors of the API that mean more than that one answer went wrong."""

from collections.abc import Mapping
from typing import Final

CREDIT: Final = "out of credit"
TOKEN: Final = "APIFY_TOKEN is not accepted"  # noqa: S105 - what is said of it, not a token
RENT: Final = "the account may not run this actor"
ACTOR: Final = "there is no such actor"
INPUT: Final = "the actor does not take this input"
CAPS: Final = "max_cost_usd is less than the actor takes"

FATAL: Final[Mapping[str, str]] = {
    "not-enough-usage-to-run-paid-actor": CREDIT,
    "platform-feature-disabled": CREDIT,  # a 403: the hard limit of the month
    "monthly-usage-limit-too-low": CREDIT,
    "x402-payment-required": TOKEN,
    "token-not-provided": TOKEN,
    "missing-api-token": TOKEN,
    "invalid-token": TOKEN,
    "user-or-token-not-found": TOKEN,
    "insufficient-permissions": TOKEN,
    "actor-is-not-rented": RENT,
    "apify-plan-required-to-use-paid-actor": RENT,
    "public-actor-disabled": RENT,
    "actor-disabled": RENT,
    "actor-not-found": ACTOR,
    "record-or-token-not-found": ACTOR,
    "record-not-found": ACTOR,
    "page-not-found": ACTOR,
    "invalid-request": INPUT,
    "invalid-value": INPUT,
    "invalid-input": INPUT,
    "schema-validation-error": INPUT,
    "request-too-large": INPUT,
    "max-items-must-be-greater-than-zero": CAPS,
    "max-total-charge-usd-below-minimum": CAPS,
    "max-total-charge-usd-must-be-greater-than-zero": CAPS,
}
"""What every further batch would meet, too: the crawl ends."""

LATER: Final = frozenset(
    {"actor-memory-limit-exceeded", "concurrent-runs-limit-exceeded", "rate-limit-exceeded"}
)
"""What passes by itself, when other runs have ended. Nothing was started."""

GONE: Final = frozenset({"record-not-found", "page-not-found", "default-dataset-not-found"})
"""What is said of a run that has just been started, too."""
