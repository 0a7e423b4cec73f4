"""Another operator's tariffs: no list, no page, no export, no choice in a form, no word of them."""

import pytest
from django.utils import timezone

from chappe.apps.tariffs import services
from tests.support import people

pytestmark = pytest.mark.django_db

LISTS = ("plan", "version", "row", "fault")


@pytest.mark.parametrize("entity", LISTS)
@pytest.mark.parametrize("page", ["", "export.csv"])
def test_lists_and_their_exports_are_empty(client, chloe, version, seed, entity, page):
    client.force_login(chloe)
    answer = client.get(f"/tariffs/{entity}/{page}")
    assert answer.status_code == 200
    text = answer.getvalue().decode() if page else answer.content.decode()
    for word in ("DETAIL", "Allemagne", "SEED", "GERMANY", "tariff-dangling"):
        assert word not in text


@pytest.mark.parametrize(
    "action", ["activate", "withdraw", "compare", "explain", "export-list", "export-v091", "export-rows"]
)
def test_no_act_is_possible(client, chloe, version, action):
    chloe.roles.set([people.make_role("Tarifs", {"tarifs": 3})])
    chloe.forget_rights()
    client.force_login(chloe)
    assert client.post(f"/tariffs/version/{version.pk}/do/{action}/", {"at": "2030-01-01T00:00"}).status_code == 404
    version.refresh_from_db()
    assert (version.state, version.active_from) == ("checked", None)


def test_no_page_opens(client, chloe, actor, version):
    services.activate(actor=actor, version=version, at=timezone.now())
    client.force_login(chloe)
    row = version.rows.first()
    for address in (f"/tariffs/plan/{version.plan_id}/", f"/tariffs/version/{version.pk}/", f"/tariffs/row/{row.pk}/"):
        assert client.get(address).status_code == 404
    assert client.get("/tariffs/inside/", {"version": version.pk}).status_code == 404
    assert client.get("/tariffs/compare/", {"a": version.pk, "b": version.pk}).status_code == 422
    searched = client.get("/tariffs/search/", {"q": "33612345678"})
    assert searched.context["answers"] == []
    assert client.get("/tariffs/search/", {"q": "336", "version": version.pk}).status_code == 422
    asked = {
        "version": version.pk,
        "tenant": "*any",
        "subject": "*any",
        "destination": "33",
        "start": "2026-10-30",
        "usage": "1",
    }
    assert client.get("/tariffs/explain/", asked).status_code == 422
    for address in ("/tariffs/search/", "/tariffs/explain/", "/tariffs/compare/"):
        assert "DETAIL" not in client.get(address).content.decode()


def test_a_partner_with_the_right_loads_for_itself_alone(client, chloe, plan):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from .conftest import FIRST

    chloe.roles.set([people.make_role("Tarifs", {"tarifs": 2})])
    chloe.forget_rights()
    client.force_login(chloe)
    refused = client.post("/tariffs/load/", {"file": SimpleUploadedFile("p.csv", FIRST.encode()), "plan": plan.pk})
    assert refused.status_code == 422
    assert plan.versions.count() == 0
    given = {"file": SimpleUploadedFile("p.csv", FIRST.encode()), "code": "BOREAL"}
    seen = client.post("/tariffs/load/", given, follow=True)
    client.post("/tariffs/load/preview/", {"draft": seen.context["token"]})
    from chappe.apps.tariffs.models import TariffPlan

    assert TariffPlan.objects.get(code="BOREAL").owner == chloe.organisation
