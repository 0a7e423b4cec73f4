"""Detection: a proposal when one format stands out, else a question."""

from chappe.core.tickets.detect import detect
from tests.core.tickets.conftest import IP_OFFICE, NOW


def lines(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def test_ip_office_is_known_by_its_lines():
    found = detect(lines(*IP_OFFICE), received=NOW)
    assert found.best == "avaya-ip-office"
    assert (found.scores[0].decoded, found.scores[0].total, found.scores[0].share) == (20, 20, 1.0)


def test_nine_tenths_are_needed():
    good, bad = IP_OFFICE[:9], ["not a ticket at all"]
    assert detect(lines(*good, *bad), received=NOW).best == "avaya-ip-office"
    assert detect(lines(*good[:8], *bad * 2), received=NOW).best is None


def test_nothing_is_proposed_for_nothing():
    assert detect([], received=NOW).best is None
    assert detect([b"", b"  "], received=NOW).scores[0].total == 0
