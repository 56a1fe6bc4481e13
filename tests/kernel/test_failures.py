"""What is said of a download that failed."""

from middlewares.failures import described


def test_a_failure_is_one_line_for_people() -> None:
    said = "Cannot connect to host x:9 ssl:<ssl.SSLContext object at 0x7f> [Connect call failed]"
    assert described(OSError(f"{said}\nmore")) == (
        "OSError: Cannot connect to host x:9 [Connect call failed]"
    )
    assert described(OSError("Cannot connect to host x:9 ssl:default [no]")) == (
        "OSError: Cannot connect to host x:9 [no]"
    )
    assert len(described(OSError("x" * 1000))) == 300
