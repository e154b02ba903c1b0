"""What the heads of answers say; the bodies are tested with connections, in test_client.py."""

import pytest

from targets.network.response import ByteRange, reason_of


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes 0-3/10", (0, 4, 10)),
        (" bytes 7-7/*", (7, 8, None)),
        ("bytes */10", (None, None, 10)),
        ("", (None, None, None)),
        ("bytes 0-3", (None, None, None)),
        ("bytes -1-3/10", (None, None, None)),
        ("lines 0-3/10", (None, None, None)),
        ("bytes 0-3/" + "9" * 5000, (None, None, None)),
    ],
)
def test_the_range_of_a_part(header, expected):
    assert ByteRange.of(header) == expected


def test_the_innermost_reason_is_named():
    assert reason_of(OSError(ValueError("deep\nand long"))) == "OSError: deep"
