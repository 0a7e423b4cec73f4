"""Digits hidden on pages, filters, exports and totals; revealed one call at a time, with a line in the journal."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from chappe.apps.usage import call_panels, policies, totals
from chappe.apps.usage.models import Call, MaskingPolicy
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from tests.support import streams as made
from tests.support.calls import price_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    row = MaskingPolicy.objects.order_by("pk").first() or MaskingPolicy.objects.create()
    row.screen_digits, row.print_digits, row.store_digits, row.hides_files = 4, 4, 0, False
    row.save()
    return row


@pytest.fixture
def called(bruno, policy):
    sell = price_list(bruno.organisation, made.MINUTE_PRICES)
    stream = made.batch(bruno.organisation)
    mobile = {"number": "33612345678", "shown": "33612345678", "kind": "mobile", "sell_version": sell.pk}
    made.commit(
        stream,
        "c1",
        made.row(1, **mobile, line_id=5),
        made.incoming(2, line_id=6),
        made.row(3, number="33015", shown="15", kind="emergency"),
        made.row(4, number="3303919", shown="3919", kind="helpline"),
        made.row(5, **(mobile | {"number": "33612349999", "shown": "33612349999"})),
    )
    return stream


def numbers() -> list[tuple[str, str]]:
    return [(call.destination, call.caller) for call in Call.objects.order_by("line")]


def found(**test) -> list[int]:
    return [call.line for call in Call.objects.filter(**test).order_by("line")]


def test_pages_see_masked_numbers_and_services_whole(called):
    assert numbers() == [
        ("3361234****", "201"),
        ("33144553300", "3361234****"),
        ("15", "201"),
        ("****", "201"),
        ("3361234****", "201"),
    ]
    assert Call.objects.get(line=1).whole_numbers["destination"] == "33612345678"


def test_calls_of_files_are_masked_only_when_the_setting_says_so(worked, policy):
    assert {call.destination for call in Call.objects.filter(call_id="slots")} == {"33145678901"}
    policy.hides_files = True
    policy.save()
    assert {call.destination for call in Call.objects.filter(call_id="slots")} == {"3314567****"}


def test_a_filter_tells_no_more_than_the_page(called, policy):
    assert found(destination__istartswith="3361234") == [1, 5]
    assert found(destination__istartswith="33612345678") == [1, 5]
    assert found(destination="33612345678") == [1, 5]
    assert found(destination__icontains="5678") == []
    assert found(caller__istartswith="33612345678") == [2]
    assert found(destination__istartswith="33612345678123") == []
    assert found(destination__icontains="3391") == []
    policy.screen_digits = 0
    policy.save()
    assert found(destination__istartswith="33612345678") == [1]
    assert found(destination__icontains="5678") == [1]


def test_totals_by_number_are_masked_too(called):
    rows = totals.totals(Call.objects.all(), totals.dimension("number"))
    assert {row.name: row.calls for row in rows} == {"3361234****": 3, "15": 1, "****": 1}


def test_lines_without_detail_are_hidden_whole(called, monkeypatch):
    monkeypatch.setattr(policies, "_lines", {})
    policies.register_lines("no_detail", lambda: frozenset({5, 6}))
    assert numbers()[:2] == [("***********", "201"), ("33144553300", "***********")]
    assert found(destination__istartswith="336") == [5]
    with pytest.raises(KeyError):
        policies.register_lines("else", frozenset)


def test_a_look_at_a_number_is_in_the_journal(called, bruno, chloe, client):
    call = Call.objects.get(line=1)
    assert call_panels.is_masked(call, bruno)
    told = call_panels.reveal(actor=Actor(user=bruno, via="page"), objects=[call])
    assert "33612345678" in str(told.message)
    entry = AuditEntry.objects.latest("pk")
    assert "looked at the whole number" in entry.sentence("en")
    before = AuditEntry.objects.count()
    with pytest.raises(PermissionDenied):
        call_panels.reveal(actor=Actor(user=chloe, via="page"), objects=[call])
    assert AuditEntry.objects.count() == before


def test_list_export_and_api_give_masked_numbers(called, bruno, client):
    client.force_login(bruno)
    page = client.get(reverse("screens:list", kwargs={"slug": "usage.call"}) + "?scope=all").content.decode()
    assert "3361234****" in page
    assert "33612345678" not in page
    export = client.get(reverse("screens:export-csv", kwargs={"slug": "usage.call"}) + "?scope=all&cols=*")
    text = b"".join(export.streaming_content).decode()
    assert "3361234****" in text
    assert "33612345678" not in text
    detail = client.get(
        reverse("screens:detail", kwargs={"slug": "usage.call", "pk": f"{called.pk}-1"})
    ).content.decode()
    assert "33612345678" not in detail
    assert "3361234****" in detail
