"""The folder that plays a platform."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from chappe.connectors.einvoice.platform import FolderPlatform, PlatformError, simulate, tell
from chappe.core.einvoice.collected import Collected, Share
from chappe.core.einvoice.statuses import COMPULSORY, STATUSES


def test_fourteen_statuses_of_which_four_are_compulsory():
    assert sorted(STATUSES) == list(range(200, 214))
    assert sorted(COMPULSORY) == [200, 210, 212, 213]


def test_a_deposit_twice_is_one(tmp_path):
    port = FolderPlatform(tmp_path)
    first = port.deposit("F1.pdf", b"%PDF-1.7 x")
    assert port.deposit("F1.pdf", b"%PDF-1.7 x") == first
    assert [told.code for told in port.statuses(first)] == [200]
    assert (tmp_path / "deposits" / first / "content.pdf").read_bytes() == b"%PDF-1.7 x"


def test_what_is_no_invoice_is_rejected(tmp_path):
    port = FolderPlatform(tmp_path)
    told = port.statuses(port.deposit("F1.pdf", b"hello"))
    assert [(row.code, bool(row.reason)) for row in told] == [(213, True)]


def test_the_directory(tmp_path):
    port = FolderPlatform(tmp_path)
    assert port.lookup("502134687").address == "502134687"
    assert port.lookup("12") is None
    (tmp_path / "directory.csv").write_text(
        "siren;name;address;platform\n502134687;Bertrand;502134687_PRO;PA1\n", "utf-8"
    )
    entry = port.lookup("502134687")
    assert (entry.address, entry.platform) == ("502134687_PRO", "PA1")
    assert port.lookup("812345676") is None


def test_the_life_of_an_invoice_is_told_in_order(tmp_path):
    port = FolderPlatform(tmp_path)
    reference = port.deposit("F1.pdf", b"%PDF-")
    simulate(tmp_path, reference)
    assert [told.code for told in port.statuses(reference)] == [200, 201, 202, 203, 204, 205]
    tell(tmp_path, reference, 207, "montant", at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    assert port.statuses(reference)[-1].reason == "montant"
    with pytest.raises(KeyError):
        tell(tmp_path, reference, 299)


@pytest.mark.parametrize("reference", ["../../etc", "unknown", ""])
def test_another_reference_is_refused(tmp_path, reference):
    with pytest.raises(PlatformError):
        FolderPlatform(tmp_path).statuses(reference)


def test_a_payment_is_said_once_by_its_key_and_read_back_with_its_amounts(tmp_path):
    port = FolderPlatform(tmp_path)
    reference = port.deposit("F1.pdf", b"%PDF-")
    at = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    came = Collected("allocation:1", dt.date(2026, 11, 20), (Share("20.00", 12_000_000_000),))
    back = Collected("allocation:2", dt.date(2026, 11, 21), (Share("20.00", -12_000_000_000),))
    for collected in (came, came, back):
        port.say(reference, 212, at, collected)
    assert [told.collected for told in port.statuses(reference) if told.code == 212] == [came, back]
    path = tmp_path / "deposits" / reference / "statuses.jsonl"
    path.write_text('{"code": 212, "at": "2030-01-01T00:00:00+00:00", "collected": {"key": "x"}}\n', "utf-8")
    with pytest.raises(PlatformError):
        port.statuses(reference)


@pytest.mark.parametrize("broken", ["{", '{"code": 212}', '{"code": "x", "at": "2030-01-01"}', "[]"])
def test_a_line_that_is_no_status_is_said(tmp_path, broken):
    port = FolderPlatform(tmp_path)
    reference = port.deposit("F1.pdf", b"%PDF-")
    (tmp_path / "deposits" / reference / "statuses.jsonl").write_text(f"{broken}\n", "utf-8")
    with pytest.raises(PlatformError):
        port.statuses(reference)


def test_a_line_that_a_crash_has_cut_is_not_there_and_spoils_nothing(tmp_path):
    port = FolderPlatform(tmp_path)
    reference = port.deposit("F1.pdf", b"%PDF-")
    path = tmp_path / "deposits" / reference / "statuses.jsonl"
    whole = path.read_bytes()
    at = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    path.write_bytes(whole + b'{"code": 212, "at": "2030-01-0')
    assert [told.code for told in port.statuses(reference)] == [200]
    port.say(reference, 212, at)
    assert [told.code for told in port.statuses(reference)] == [200, 212]
    path.write_bytes(whole.rstrip(b"\n"))  # another hand forgot the end of its line
    port.say(reference, 212, at)
    assert [told.code for told in port.statuses(reference)] == [200, 212]


def test_two_that_say_the_same_payment_at_once_say_it_once(tmp_path):
    reference = FolderPlatform(tmp_path).deposit("F1.pdf", b"%PDF-")
    came = Collected("allocation:1", dt.date(2026, 11, 20), (Share("20.00", 12_000_000_000),))

    def say(second: int) -> None:
        FolderPlatform(tmp_path).say(reference, 212, dt.datetime(2030, 1, 1, 0, 0, second, tzinfo=dt.UTC), came)

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(say, range(16)))
    assert [told.code for told in FolderPlatform(tmp_path).statuses(reference)].count(212) == 1
