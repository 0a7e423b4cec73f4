"""Every endpoint derived from a screen: the rows of the page, no more; to a stranger nothing; without the right 403."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chappe.kit.access.areas import Level, areas
from chappe.kit.access.door import HOUSE
from chappe.kit.screens import registry
from tests.support import people

from .screens import SCREENS, every_column, make, owned, scope_of_all, slug, state

OFFERED = [screen for screen in SCREENS if screen.api]
OWNED = [screen for screen in OFFERED if owned(screen)]


def rows_url(screen) -> str:
    return reverse("api:rows", kwargs={"slug": screen.slug})


def row_url(screen, pk) -> str:
    return reverse("api:row", kwargs={"slug": screen.slug, "pk": pk})


def everything(screen) -> dict[str, str]:
    return {"scope": scope_of_all(screen)} if screen.scopes else {}


def listed(client, screen) -> list:
    answer = client.get(rows_url(screen), everything(screen))
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def endpoints(screen, pk) -> list[tuple[str, str]]:
    """(method, address) of all that the API has about one row."""
    found = [(method, row_url(screen, pk)) for method in ("get", "put", "patch", "delete")]
    found.append(("get", reverse("api:history", kwargs={"slug": screen.slug, "pk": pk})))
    found += [
        ("post", reverse("api:act", kwargs={"slug": screen.slug, "pk": pk, "name": a.name})) for a in screen.actions
    ]
    found += [
        ("get", reverse("api:related", kwargs={"slug": screen.slug, "pk": pk, "name": related.screen}))
        for related in screen.related
    ]
    return found


def ask(client, method: str, address: str):
    return getattr(client, method)(
        address, *(() if method in {"get", "delete"} else ({},)), content_type="application/json"
    )


@pytest.mark.parametrize("screen", OFFERED, ids=slug)
def test_the_rows_are_those_of_the_page(screen, client, alice, bruno):
    reader = alice if screen.model.access.owner == HOUSE else bruno
    row, _mark = make(screen, bruno.organisation)
    make(screen, None)
    client.force_login(reader)
    page = client.get(registry.url(screen.slug), {"scope": scope_of_all(screen), "cols": every_column(screen)})
    assert listed(client, screen) == [shown.pk for shown in page.context["page"].rows]
    one = client.get(row_url(screen, row.pk))
    assert (one.status_code, one.json()["id"]) == (200, row.pk)


@pytest.mark.parametrize("screen", OWNED, ids=slug)
def test_a_stranger_gets_and_changes_nothing(screen, client, bruno, chloe):
    row, mark = make(screen, bruno.organisation)
    before = state(row)
    client.force_login(chloe)
    assert row.pk not in listed(client, screen)
    assert mark not in client.get(rows_url(screen), everything(screen)).content.decode()
    for method, address in endpoints(screen, row.pk):
        answer = ask(client, method, address)
        assert answer.status_code in {403, 404, 405}, (method, address, answer.status_code)
        assert mark not in answer.content.decode()
    assert state(row) == before


@pytest.mark.parametrize("screen", OFFERED, ids=slug)
def test_without_sign_in_401_and_without_the_right_403(screen, client, bruno):
    row, mark = make(screen, bruno.organisation)
    before = state(row)
    addresses = [("get", rows_url(screen)), ("post", rows_url(screen)), *endpoints(screen, row.pk)]
    for method, address in addresses:
        assert ask(client, method, address).status_code == 401, (method, address)
    bruno.roles.set([people.make_role("Tout sauf un", {a: Level.ADMIN for a in areas() if a != screen.area})])
    client.force_login(bruno)
    for method, address in addresses:
        answer = ask(client, method, address)
        assert answer.status_code == 403, (method, address, answer.status_code)
        assert mark not in answer.content.decode()
    assert state(row) == before


@pytest.mark.parametrize("screen", OFFERED, ids=slug)
def test_an_endpoint_costs_the_same_with_one_row_and_with_three(screen, client, alice, bruno):
    client.force_login(alice)

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            listed(client, screen)
        return len(caught)

    make(screen, bruno.organisation)
    cost()
    one = cost()
    for _n in range(2):
        make(screen, None if screen.model.access.owner == "self" else bruno.organisation)
    assert cost() == one


def test_what_no_screen_offers_is_not_there(client, alice):
    client.force_login(alice)
    for screen in SCREENS:
        if not screen.api:
            assert client.get(rows_url(screen)).status_code == 404
    assert client.get("/api/v1/nothing/here/").status_code == 404


def test_the_openapi_page_tells_every_endpoint(client, alice):
    client.force_login(alice)
    answer = client.get(reverse("api:schema"), headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    told = answer.content.decode()
    assert [screen.slug for screen in OFFERED if rows_url(screen) not in told] == []


@pytest.mark.django_db
def test_an_address_that_is_none_finds_no_row_on_both_databases(client, alice):
    """PostgreSQL would refuse to compare a column of addresses with such a text."""
    client.force_login(alice)
    for text in ("n'est pas une adresse", "999.1.1.1", "::g"):
        assert client.get("/access/attempt/", {"address": text}).status_code == 200
        answer = client.get("/api/v1/access/attempt/", {"address": text})
        assert (answer.status_code, answer.json()["count"]) == (200, 0)
