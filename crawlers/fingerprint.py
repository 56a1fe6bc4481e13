"""Which requests are the same: Scrapy's fingerprint, plus the numbers of the try."""

import hashlib

from scrapy import Request
from scrapy.utils.request import RequestFingerprinter, fingerprint

NUMBERS = ("try", "retry_times", "postponed")


class TryFingerprinter(RequestFingerprinter):
    """Tell the tries of one request apart, so that none of them is a duplicate.

    ``meta["try"]`` counts how often the spider asked again, ``meta["retry_times"]`` how often the
    retry middleware did since then, ``meta["postponed"]`` how often the request was put off
    without having been sent.
    """

    def fingerprint(self, request: Request) -> bytes:
        """Return 20 bytes; the first try has Scrapy's own fingerprint."""
        digest = fingerprint(request)
        numbers = tuple(request.meta.get(name, 0) for name in NUMBERS)
        if any(numbers):
            return hashlib.sha1(digest + str(numbers).encode(), usedforsecurity=False).digest()
        return digest
