"""A call, from the file that a person drops to its price, its explanation, its second price, and back to its file.

Every step goes through the pages. Amounts are those of examples/tariffs/v0.9.1 (see its README):
0.262 + 0.27 + 0.16 + 0.175 + 0.065 + 0.1 + 0.5 + 0.0078 = 1.5398.
"""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from chappe.apps.usage import lake
from chappe.apps.usage.models import Call, UsageBatch
from chappe.apps.usage.pages import explanation
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.screens import registry
from tests.contracts.screens import body
from tests.support.calls import V091, line, price_list, v091_calls

pytestmark = pytest.mark.django_db
MARCH = "2015-03-04T10:00:00+00:00"
BAD = [line("letters", "33145E78901", MARCH, 25), line("backwards", "33145678901", MARCH, -60)]


def drop(client, version, text: str, name: str = "march.csv"):
    """Upload by the page; the batch whose page is shown afterwards."""
    file = BytesIO(text.encode())
    file.name = name
    answer = client.post(registry.url("usage.upload"), {"file": file, "version": version.pk})
    assert answer.status_code == 302, body(answer)
    return UsageBatch.objects.get(pk=urlsplit(answer["Location"]).path.rstrip("/").rpartition("/")[2])


def prices(client) -> dict[str, int]:
    """call id → nano, as the list shows them."""
    page = client.get(registry.url("usage.call"), {"scope": "all"})
    return {call.call_id: call.total for call in page.context["page"].rows}


def export(client) -> list[dict[str, str]]:
    """The CSV of the whole list."""
    import csv

    answer = client.get(registry.url("usage.call", "export-csv"), {"scope": "all", "cols": "*"})
    lines = body(answer).lstrip("\ufeff").splitlines()
    return list(csv.DictReader(lines, delimiter=";" if ";" in lines[0] else ","))


def test_from_the_file_to_the_price_and_back(client, bruno, chloe, version):
    client.force_login(bruno)

    # dropped: the page of the file says that it is at work
    batch = drop(client, version, v091_calls())
    assert (batch.state, batch.owner, batch.job.state) == ("waiting", bruno.organisation, "queued")
    assert prices(client) == {}

    # rated by a worker
    assert run_pending() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.calls, batch.rated) == ("ready", 8, 8)
    assert prices(client) == V091
    assert batch.total == sum(V091.values()) == 1_539_800_000

    # the list in a file: as many lines, the same sum
    assert len(export(client)) == 8

    # why this price? the page shows the very total that is stored
    for call in Call.objects.all():
        page = client.get(registry.url("usage.call", "detail", pk=call.pk))
        told = explanation(call, bruno)
        assert (told["steps"].total, told["same"]) == (V091[call.call_id], True)
        assert page.status_code == 200
        assert batch.name in body(page)  # and back to the file it came from

    # the same file again changes nothing
    jobs, table = Job.objects.count(), lake.table().version()
    assert drop(client, version, v091_calls(), name="again.csv") == batch
    assert run_pending() == 0
    assert (Job.objects.count(), UsageBatch.objects.count(), lake.table().version()) == (jobs, 1, table)
    assert prices(client) == V091

    # rated again at 0.06 a minute by the second, France only: 100 s, 100 s, 25 s, 60 s, 30 s, 600 s
    second = price_list(bruno.organisation, [("33", "France", "0,06")])
    url = registry.url("usage.batch", "action", pk=batch.pk, name="rate-again")
    asked = client.get(url)
    assert second in asked.context["form"].fields["version"].queryset
    assert client.post(url, {"version": second.pk}).status_code == 302
    assert prices(client) == V091, "until the new prices are there, the old ones stand"
    assert run_pending() == 1
    expected = {
        "slots": 100_000_000, "slots-2-decimals": 100_000_000, "one-step": 25_000_000, "to-off-peak": 60_000_000,
        "to-peak": 30_000_000, "xmas": 600_000_000, "capped": None, "fallback": None,
    }  # fmt: skip
    assert prices(client) == expected
    new = UsageBatch.objects.get(replaces=batch)
    assert (new.calls, new.rated, new.unrated, new.total) == (8, 6, 2, 915_000_000)
    assert Call.objects.count() == 8, "each call counts once"
    slots = Call.objects.get(call_id="slots")
    shown = body(client.get(registry.url("usage.call", "detail", pk=slots.pk)))
    assert "0.262" in shown, "the price of before stays readable"
    assert "v091 v1" in shown

    # Chloé sees nothing of it anywhere
    client.force_login(chloe)
    assert prices(client) == {}
    for address in (
        registry.url("usage.call", "detail", pk=slots.pk), registry.url("usage.batch", "detail", pk=new.pk),
        registry.url("usage.batch", "detail", pk=batch.pk), batch.source.download_url(), new.job.get_absolute_url(),
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    assert client.get(reverse("screens:search"), {"q": "march"}).context["groups"] == []
    assert "march" not in body(client.get("/"))


def test_refused_lines_are_exported_mended_and_sent_again(client, bruno, version):
    client.force_login(bruno)
    good = line("good", "33145678901", MARCH, 25)
    batch = drop(client, version, "\n".join([v091_calls().splitlines()[0], good, *BAD]) + "\n")
    assert run_pending() == 1
    batch.refresh_from_db()
    assert (batch.calls, batch.rated, batch.rejected) == (3, 1, 2)

    answer = client.post(registry.url("usage.batch", "action", pk=batch.pk, name="rejects"))
    assert answer.status_code == 200
    refused = body(answer).lstrip("\ufeff")
    assert "good" not in refused
    assert len(refused.splitlines()) == 3

    mended = refused.replace("33145E78901", "33145678901").replace("09:59:00", "10:00:25")
    second = drop(client, version, mended, name="mended.csv")
    assert run_pending() == 1
    second.refresh_from_db()
    assert (second.calls, second.rated, second.rejected) == (2, 2, 0)
    rated = {call.call_id: call.total for call in Call.objects.filter(status="RATED")}
    assert rated == dict.fromkeys(("good", "letters", "backwards"), 160_000_000)


def test_the_dashboard_adds_up_what_the_list_shows(client, bruno, chloe, version):
    """Three calls of this month by Bruno, none by Chloé: his tiles say 3 and 0.48, hers nothing."""
    import datetime as dt

    from django.utils import timezone

    from chappe.apps.usage.dashboard import per_day, tile
    from tests.support.calls import file_of, rated

    today = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)
    weekday = today - dt.timedelta(days=max(0, today.weekday() - 4))  # peak prices are those of Monday to Friday
    same_month = weekday if weekday.month == today.month else today
    start = same_month.astimezone(dt.UTC).isoformat()
    lines = [line(f"d{n}", "33145678901", start, 25) for n in range(3)]
    batch = rated(file_of(*lines, line("no", "999000123", start, 60)), version, bruno.organisation)
    calls = Call.objects.filter(batch=batch)
    assert tile(bruno, label="", field="calls", icon="")["value"] == "4" == str(calls.count())
    total = sum(call.total or 0 for call in calls)
    assert batch.total == total
    chart = per_day(bruno)["chart"]
    assert sum(chart.series[0].values) == 4
    assert sum(chart.series[1].values) == total
    assert tile(bruno, label="", field="calls", status="UNRATED", icon="", alarm=True)["value"] == "1"
    client.force_login(bruno)
    assert client.get("/").status_code == 200
    assert tile(chloe, label="", field="calls", icon="") is None
    assert per_day(chloe)["chart"] is None
