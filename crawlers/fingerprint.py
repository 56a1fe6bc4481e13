"""Which requests are the same: Scrapy's fingerprint, plus the number of the try."""

import hashlib

from scrapy import Request
from scrapy.utils.request import RequestFingerprinter, fingerprint


class TryFingerprinter(RequestFingerprinter):
    """Tell the tries of one request apart, so that a retry or a poll is no duplicate."""

    def fingerprint(self, request: Request) -> bytes:
        """Return 20 bytes; the first try has Scrapy's own fingerprint."""
        digest = fingerprint(request)
        if number := request.meta.get("try"):
            return hashlib.sha1(digest + str(number).encode(), usedforsecurity=False).digest()
        return digest
