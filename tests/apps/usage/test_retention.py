"""Months kept: the preview, the purge that does just that, and a lake that still knows what it was given."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from chappe.apps.usage import lake, retention, services, streams
from chappe.apps.usage.models import RetentionRule, UsageDay
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import Level
from chappe.kit.audit.models import AuditEntry
from tests.support import people, rows
from tests.support import streams as made
from tests.support.calls import price_list

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def rules():
    RetentionRule.objects.all().delete()
    kinds = (("technical", 12), ("billing", 14), ("aggregate", 120))
    return [RetentionRule.objects.create(kind=kind, months=months) for kind, months in kinds]


@pytest.fixture
def kept(bruno):
    """Calls of January 2016, September 2025, October 2025 and October 2026: a charged and a lost one each."""
    sell = price_list(bruno.organisation, made.MINUTE_PRICES)
    stream = made.batch(bruno.organisation)
    for n, (year, month) in enumerate(((2016, 1), (2025, 9), (2025, 10), (2026, 10))):
        start = dt.datetime(year, month, 5, 10, tzinfo=dt.UTC)
        made.commit(
            stream, f"c{n}", made.row(2 * n, start=start, sell_version=sell.pk, line_id=3, user_name="Alice"),
            made.incoming(2 * n + 1, start=start, answered=False, seconds=0),
        )  # fmt: skip
    return stream


def stored() -> list[tuple]:
    found = lake.query(
        "SELECT month, status, destination, user_name, line_id, total FROM calls ORDER BY line"
    ).to_pylist()
    return [tuple(row.values()) for row in found]


def run(rules, **options):
    return retention.purge(actor=rows.SYSTEM, rules=rules, progress=lambda *_: None, today=TODAY, **options)


def test_a_month_is_due_once_whole_months_have_passed():
    assert retention.before(12, TODAY) == "2025-11"
    assert retention.before(14, TODAY) == "2025-09"
    assert retention.before(1, dt.date(2026, 1, 31)) == "2025-12"


def test_the_preview_is_what_the_purge_does(rules, kept):
    told = [(step.month, step.rule.kind, step.calls, step.deletes) for step in retention.preview(TODAY)]
    assert told == [
        ("2016-01", "technical", 1, True),
        ("2016-01", "billing", 1, False),
        ("2016-01", "aggregate", 2, True),
        ("2025-09", "technical", 1, True),
        ("2025-10", "technical", 1, True),
    ]
    run(rules)
    seven, charged = 60_000_000, "RATED"
    assert stored() == [
        ("2025-09", charged, "33144553311", "Alice", 3, seven),
        ("2025-10", charged, "33144553311", "Alice", 3, seven),
        ("2026-10", charged, "33144553311", "Alice", 3, seven),
        ("2026-10", "UNCHARGED", "33144553300", None, None, None),
    ]
    assert retention.preview(TODAY) == []
    assert run(rules) == []


def test_numbers_go_and_amounts_stay(rules, kept):
    rules[1].months = 12
    run(rules[1:2])
    assert stored()[2] == ("2025-09", "RATED", "", "", None, 60_000_000)
    assert stored()[3][:2] == ("2025-09", "UNCHARGED")


def test_the_lake_still_knows_what_it_was_given(rules, kept):
    run(rules)
    version = lake.table().version()
    assert made.commit(kept, "c0", made.row(0)).is_new is False
    assert lake.holds(streams.transaction_of("c0"))
    assert not lake.commit(streams.transaction_of("c0"), [])
    assert lake.table().version() == version
    lake.compact()
    assert len(stored()) == 4


def test_what_arrives_during_a_purge_stays(rules, kept, bruno, monkeypatch):
    real, late = lake.Parts.finish, []

    def slow(parts):
        if not late:
            late.append(True)
            made.commit(kept, "late", made.row(99, start=dt.datetime(2025, 9, 7, tzinfo=dt.UTC)))
        return real(parts)

    monkeypatch.setattr(lake.Parts, "finish", slow)
    run(rules[:1])
    assert [row[1] for row in stored() if row[0] == "2025-09"] == ["RATED", "UNRATED"]


def test_counts_a_day_and_the_journal_stay(rules, kept):
    days = UsageDay.objects.count()
    run(rules)
    assert UsageDay.objects.count() == days
    rule = RetentionRule.objects.get(kind="technical")
    assert rule.last_run is not None
    told = [entry.sentence("en") for entry in AuditEntry.objects.order_by("-pk")[:5]]
    assert any("purged 2025-10" in sentence and "1 calls deleted" in sentence for sentence in told)


def test_no_price_is_made_again_without_numbers(rules, kept, worked, version):
    run(rules)
    kept.refresh_from_db()
    worked.refresh_from_db()
    assert (kept.is_erased, worked.is_erased) == (True, True)
    with pytest.raises(ValidationError, match="erased"):
        streams.rate_again(actor=rows.SYSTEM, batch=kept)
    with pytest.raises(ValidationError, match="erased"):
        services.rate_again(actor=rows.SYSTEM, batch=worked, version=version)


def test_only_administrators_of_the_house_purge(rules, kept, bruno, alice):
    before = stored()
    with pytest.raises(ValidationError):
        retention.purge(actor=Actor(user=bruno, via="page"), rules=rules, progress=lambda *_: None, today=TODAY)
    alice.roles.set([people.make_role("Lecture", {"communications": Level.WRITE})])
    alice.forget_rights()
    with pytest.raises(PermissionDenied):
        retention.purge(actor=Actor(user=alice, via="page"), rules=rules, progress=lambda *_: None, today=TODAY)
    assert stored() == before


def test_the_page_asks_before_it_purges(rules, kept, admin, client, bruno):
    client.force_login(bruno)
    assert client.get(reverse("screens:usage.privacy")).status_code == 403
    client.force_login(admin)
    page = client.get(reverse("screens:usage.privacy"))
    assert page.status_code == 200
    assert "2025-09" in page.content.decode()
    before = stored()
    assert client.post(reverse("screens:usage.privacy"), {}).status_code == 302
    assert stored() == before
    told = client.post(reverse("screens:usage.privacy"), {"sure": "1"})
    assert "/jobs/job/" in told.url
