"""Why an object store refused, in few words: obstore's own text is long, and quotes the server."""

import re

UNSUPPORTED = re.compile(r"the server says (NotImplemented|NotSupported|501 Not Implemented)$")
"""What a server answers that knows no conditional writes at all."""

REASONS = {
    "NoSuchBucket": "the bucket does not exist",
    "InvalidAccessKeyId": "AWS_ACCESS_KEY_ID is not known there",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY is wrong",
    "AccessDenied": "these credentials may not do that",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}


def reason_of(error: Exception, known: str) -> str:
    """Say what went wrong; *known* is what to say where the server gave no reason that we know."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if code := re.search(r"<Code>(\w+)</Code>", text):
        return REASONS.get(code[1], known or f"the server says {code[1]}")
    return known or _without_code(text)


def _without_code(text: str) -> str:
    if re.search(r"169\.254\.169\.254|MissingAccessKeyId|MissingSecretAccessKey", text):
        return "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if "BadScheme" in text:
        return "plain http is allowed only for AWS_ENDPOINT_URL"
    if detail := re.search(r'message: "([^"]+)"|status code: (\d+ [A-Za-z ]+)', text):
        return detail[1] or f"the server says {detail[2]}"
    return text.partition("\n")[0][-200:]
