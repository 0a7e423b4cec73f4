"""Every screen: its owner finds a row on every page and file of it; a stranger nowhere; nobody without the right."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chappe.kit.access.areas import Level, areas
from chappe.kit.access.door import EVERYONE, HOUSE, scoped_models
from chappe.kit.screens import registry
from chappe.kit.screens.context import menu_for
from chappe.kit.screens.views.search import find
from tests.support import people, rows

from .screens import (
    SCREENS,
    body,
    every_column,
    list_addresses,
    list_query,
    make,
    owned_screens,
    row_addresses,
    scope_of_all,
    sheet,
    slug,
    state,
)

#: Scoped models without a screen of their own, and where their rows are seen instead.
WITHOUT_SCREEN = {
    "access.RoleRight": "the matrix on the page of its role",
    "access.RecoveryCode": "shown once to its owner, never listed",
    "access.SignInCounter": "the button “Unlock” of the account",
    "audit.PersonalValue": "read along with its entry, erased through the contact",
    "jobs.JobLog": "the log on the page of its job",
    "jobs.JobFile": "the files on the page of its job",
    "jobs.ScheduleSlot": "the jobs on the page of its schedule",
    "jobs.Worker": "/readyz and /metrics",
    "api.KeyMeter": "the column “uses” of its key",
    "api.KeyHolder": "a proxy of User, never saved",
    "usage.UsageDay": "charts and tiles of the dashboard",
    "mail.MessageFile": "the attachments on the page of its mail",
    "collect.SourceState": "the health on the page of its source",
    "collect.SourceHour": "the chart of hours on the page of its source",
    "billing.CheckTick": "the ticks of the control of the month",
    "invoicing.IssuedFile": "the card of files on the page of its invoice",
    "ipe.Intake": "the pages of anomalies and plan of its received file",
    "ipe.IssueCount": "the card of anomalies on the page of its received file",
    "ipe.QualityLook": "the scores it gave",
    "invoicing.DepositStatus": "the statuses on the page of its deposit",
}
#: Lists that cannot be empty for whoever reads them, and why.
NEVER_EMPTY = {
    "payments.level": "the levels of reminder that an installation begins with",
    "access.user": "the reader is one",
    "access.role": "the reader holds one",
    "access.session": "the reader has one open",
    "usage.masking": "the usual policy comes with the database",
    "usage.retention-rule": "the usual rules come with the database",
    "reports.report": "the packaged reports come with the database",
    "reports.version": "each packaged report has its first version",
}


def test_every_scoped_model_has_a_screen_or_a_reason():
    shown = {screen.model for screen in SCREENS}
    without = {model._meta.label for model, _access in scoped_models() if model not in shown}
    assert without == set(WITHOUT_SCREEN)


def test_every_screen_with_tabs_has_one_for_everything():
    assert [screen.slug for screen in SCREENS if screen.scopes and not scope_of_all(screen)] == []


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_the_owner_finds_the_row_everywhere(screen, client, alice, bruno):
    reader = alice if screen.model.access.owner == HOUSE else bruno
    row, mark = make(screen, bruno.organisation)
    client.force_login(reader)
    page = client.get(registry.url(screen.slug), {"scope": scope_of_all(screen), "cols": every_column(screen)})
    assert page.status_code == 200
    assert row.pk in [shown.pk for shown in page.context["page"].rows]
    assert mark in body(page)
    assert mark in body(client.get(registry.url(screen.slug, "export-csv"), list_query(screen)))
    assert mark in sheet(client.get(registry.url(screen.slug, "export-xlsx"), list_query(screen)))
    detail = client.get(registry.url(screen.slug, "detail", pk=row.pk))
    assert detail.status_code == 200
    history = client.get(registry.url(screen.slug, "history", pk=row.pk))
    assert history.status_code == (200 if screen.history else 403)
    if screen.search:
        assert row.pk in found_by_search(client, screen, mark), f"not found by {screen.search}"


def found_by_search(client, screen, text: str) -> list:
    page = client.get(registry.url(screen.slug), {"scope": scope_of_all(screen), "q": text})
    return [shown.pk for shown in page.context["page"].rows]


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_forms_and_questions_open_for_whoever_may(screen, client, alice, bruno):
    """Each act answers with its page, or says why not in a sentence on the page of the row."""
    row, _mark = make(screen, bruno.organisation)
    client.force_login(alice)
    if screen.create:
        assert client.get(registry.url(screen.slug, "create")).status_code == 200
    if screen.update:
        assert client.get(registry.url(screen.slug, "update", pk=row.pk)).status_code == 200
    if screen.delete:
        assert client.get(registry.url(screen.slug, "delete", pk=row.pk)).status_code == 200
    for action in screen.actions:
        if action.single:
            answer = client.get(registry.url(screen.slug, "action", pk=row.pk, name=action.name))
            why = action.why_not(row, alice) if action.why_not else None
            assert answer.status_code == (302 if why else 200), action.name
    if screen.bulk_fields:
        assert client.post(registry.url(screen.slug, "bulk", name="edit"), {"pk": [row.pk]}).status_code == 200
    for action in screen.actions:
        if action.bulk:
            url = registry.url(screen.slug, "bulk", name=action.name)
            assert client.post(url, {"pk": [row.pk]}).status_code == 200, action.name


@pytest.mark.parametrize("screen", owned_screens(), ids=slug)
def test_a_stranger_finds_nothing_of_it(screen, client, bruno, chloe):
    row, mark = make(screen, bruno.organisation)
    client.force_login(chloe)
    page = client.get(registry.url(screen.slug), {"scope": scope_of_all(screen), "cols": every_column(screen)})
    assert page.status_code == 200
    assert row.pk not in [shown.pk for shown in page.context["page"].rows]
    assert mark not in body(page)
    assert mark not in body(client.get(registry.url(screen.slug, "export-csv"), list_query(screen)))
    assert mark not in sheet(client.get(registry.url(screen.slug, "export-xlsx"), list_query(screen)))
    assert row.pk not in found_by_search(client, screen, mark)
    for related_of in (r for parent in SCREENS for r in parent.related if r.screen == screen.slug):
        parent = getattr(row, f"{related_of.path}_id", None)
        rows_of = client.get(registry.url(screen.slug), {"of": f"{related_of.path}:{parent}"})
        assert mark not in body(rows_of)


def test_the_search_of_the_house_shows_a_stranger_nothing(client, bruno, chloe):
    """One row of every screen, marks that begin alike: its owner finds them by the box of every page, nobody else one."""
    mark = rows.new_mark()[:6]
    for number, screen in enumerate(owned_screens()):
        rows.make(screen.model, bruno.organisation, f"{mark}{number:02}")
    found = {}
    for reader in (bruno, chloe):
        client.force_login(reader)
        # the page repeats the words that were searched: only its groups tell what was found
        groups = client.get(reverse("screens:search"), {"q": mark}).context["groups"]
        found[reader] = {group["screen"].slug for group in groups}
    assert found[chloe] == set()
    searched = {s.slug for s in owned_screens() if s.search}
    assert found[bruno] & searched == searched


@pytest.mark.parametrize("screen", owned_screens(), ids=slug)
def test_a_stranger_opens_and_changes_nothing(screen, client, bruno, chloe):
    row, mark = make(screen, bruno.organisation)
    before = state(row)
    client.force_login(chloe)
    for address in row_addresses(screen, row.pk):
        for answer in (client.get(address), client.post(address, {"reason": "x"})):
            assert answer.status_code in {403, 404, 405}, (address, answer.status_code)
            assert mark not in body(answer)
    for name in [*(action.name for action in screen.actions if action.bulk), *(["edit"] if screen.bulk_fields else [])]:
        url = registry.url(screen.slug, "bulk", name=name)
        answer = client.post(url, {"pk": [row.pk], "step": "do", "count": "1"}, follow=True)
        assert mark not in body(answer)
    assert state(row) == before


@pytest.mark.parametrize("screen", [s for s in SCREENS if s.model.access.owner == HOUSE], ids=slug)
def test_rows_of_the_house_are_no_partners(screen, client, bruno):
    row, mark = make(screen, None)
    client.force_login(bruno)
    assert mark not in body(client.get(registry.url(screen.slug)))
    assert mark not in body(client.get(registry.url(screen.slug, "export-csv"), list_query(screen)))
    assert {client.get(address).status_code for address in row_addresses(screen, row.pk)} <= {403, 404, 405}


@pytest.mark.parametrize("screen", [s for s in SCREENS if s.model.access.owner == EVERYONE], ids=slug)
def test_a_partner_reads_reference_data_and_changes_none(screen, client, bruno):
    row, _mark = make(screen, None)
    before = state(row)
    client.force_login(bruno)
    assert client.get(registry.url(screen.slug, "detail", pk=row.pk)).status_code == 200
    for name in ("update", "delete"):
        assert client.post(registry.url(screen.slug, name, pk=row.pk), {"name": "x"}).status_code == 403
    assert client.post(registry.url(screen.slug, "create"), {"name": "x"}).status_code == 403
    assert state(row) == before


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_a_visitor_signs_in_first(screen, client, bruno):
    row, _mark = make(screen, bruno.organisation)
    before = state(row)
    for address in [*list_addresses(screen), *row_addresses(screen, row.pk)]:
        answer = client.get(address)
        assert answer.status_code in {302, 405}, address
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("access:sign-in")), address
        assert client.post(address).status_code in {302, 405}, address
    assert state(row) == before


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_without_the_right_of_its_area_nothing_opens(screen, client, bruno):
    row, mark = make(screen, bruno.organisation)
    others = {area: Level.ADMIN for area in areas() if area != screen.area}
    bruno.roles.set([people.make_role("Tout sauf un", others)])
    client.force_login(bruno)
    for address in [*list_addresses(screen), *row_addresses(screen, row.pk)]:
        answer = client.get(address)
        assert answer.status_code in {403, 405}, (address, answer.status_code)
        assert mark not in body(answer)
    assert find(mark, bruno, [screen]) == []
    assert screen.slug not in [entry["slug"] for section in menu_for(bruno) for entry in section["entries"]]


def test_what_is_the_houses_own_is_in_no_partners_menu(alice, bruno):
    owned_by_house = {s.slug for s in SCREENS if s.menu and s.model.access.owner == HOUSE}
    assert owned_by_house
    for user, shown in ((bruno, set()), (alice, owned_by_house)):
        entries = {entry["slug"] for section in menu_for(user) for entry in section["entries"]}
        assert entries & owned_by_house == shown


def queries_of(client, *addresses) -> list[int]:
    counts = []
    for address, query in addresses:
        with CaptureQueriesContext(connection) as caught:
            answer = client.get(address, query)
            body(answer) if not address.endswith("xlsx") else sheet(answer)
        assert answer.status_code == 200, address
        counts.append(len(caught))
    return counts


@pytest.mark.parametrize("screen", SCREENS, ids=slug)
def test_a_list_costs_the_same_with_one_row_and_with_three(screen, client, alice, bruno):
    addresses = [
        (registry.url(screen.slug), {"scope": scope_of_all(screen), "cols": every_column(screen)}),
        (registry.url(screen.slug, "export-csv"), list_query(screen)),
    ]
    client.force_login(alice)
    make(screen, bruno.organisation)
    queries_of(client, *addresses)  # fills the caches of the session, of content types and of forms
    one = queries_of(client, *addresses)
    for _n in range(2):
        # An operator is its own owner: a row of it is another operator.
        make(screen, None if screen.model.access.owner == "self" else bruno.organisation)
    assert queries_of(client, *addresses) == one


@pytest.mark.parametrize("screen", [s for s in SCREENS if s.slug not in NEVER_EMPTY], ids=slug)
def test_an_empty_list_says_what_to_do(screen, client, alice):
    client.force_login(alice)
    page = client.get(registry.url(screen.slug))
    assert page.context["nothing_at_all"] is True, "it is never empty: say so in NEVER_EMPTY, with the reason"
    assert str(screen.empty).strip()
    assert str(screen.empty) in body(page)


@pytest.mark.parametrize("name", NEVER_EMPTY)
def test_lists_said_never_empty_are_not(name, client, alice):
    client.force_login(alice)
    assert (
        client.get(registry.url(name), {"scope": scope_of_all(registry.get(name))}).context["nothing_at_all"] is False
    )


@pytest.mark.parametrize("screen", [s for s in SCREENS if s.create or s.update or s.delete], ids=slug)
def test_reading_is_not_writing(screen, client, alice, bruno):
    """Staff of the house with the level “read” sees the row, and every act that writes is refused."""
    row, _mark = make(screen, bruno.organisation)
    alice.is_superuser = False
    alice.save()
    alice.roles.set([people.make_role("Lecture", dict.fromkeys(areas(), Level.READ))])
    client.force_login(alice)
    before = state(row)
    assert client.get(registry.url(screen.slug, "detail", pk=row.pk)).status_code == 200
    writes = [registry.url(screen.slug, name, pk=row.pk) for name in ("update", "delete")]
    writes += [registry.url(screen.slug, "create")]
    writes += [
        registry.url(screen.slug, "action", pk=row.pk, name=action.name)
        for action in screen.actions
        if action.level > Level.READ
    ]
    for address in writes:
        assert client.post(address, {}).status_code == 403, address
    assert state(row) == before
    assert rows.FACTORIES[screen.model]
