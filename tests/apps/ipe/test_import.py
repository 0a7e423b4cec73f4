"""IPE files taken in: plan, application, undoing, order of files, and everything that is refused without a trace."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chappe.apps.exchange import progress, services
from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.ipe import undoing
from chappe.apps.network.models import Building, Change, Pm, Pto
from chappe.kit.access.actor import Actor
from chappe.kit.documents.models import StoredFile
from tests.apps.ipe.conftest import PM, SYSTEM, applied, imb, send, text_of, undone

pytestmark = pytest.mark.django_db
LATER = "TELE_39_PM_IPEZMD_V30_20261101_01.csv"
NOV = {"DateDerniereModification": "20261101"}


def buildings(*fields: str) -> list[tuple]:
    return list(Building.objects.order_by("reference").values_list("reference", *fields))


def world() -> tuple:
    return (
        buildings("state", "dwellings", "pm__reference"),
        list(Pm.objects.values_list("reference", "state")),
        Change.objects.count(),
    )


@pytest.fixture
def network():
    """Three buildings, one PM."""
    return applied(text_of(imb(1, **PM), imb(2, **PM), imb(3)))


def test_a_first_file_creates_buildings_and_their_pm(network):
    assert (network.state, network.plan["create"], network.plan["update"], network.plan["refuse"]) == (
        "applied",
        4,
        0,
        0,
    )
    assert buildings("state", "number", "pm__reference", "search") == [
        ("IMB-1", "CIBLE", 1, "FI-39198-0001", "des tanneurs 1 dole"),
        ("IMB-2", "CIBLE", 2, "FI-39198-0001", "des tanneurs 2 dole"),
        ("IMB-3", "CIBLE", 3, None, "des tanneurs 3 dole"),
    ]
    row = Building.objects.first()
    given = row.longitude, row.latitude, row.cell
    row.place()
    assert (round(row.longitude, 9), round(row.latitude, 9), row.cell) == (
        round(given[0], 9),
        round(given[1], 9),
        given[2],
    )
    row.fold()
    assert row.search == "des tanneurs 1 dole"
    told = Change.objects.order_by("pk").values_list("thing", "reference", "event", "field", "old", "new", "day")
    made = [("pm", "FI-39198-0001"), *(("building", f"IMB-{n}") for n in (1, 2, 3))]
    assert list(told) == [(*one, "CREATION", "", "", "", timezone.localdate()) for one in made]
    assert {by.rpartition(" · ")[2] for by in Change.objects.values_list("by", flat=True)} == {network.name}


def test_what_is_known_already_changes_nothing(network):
    again = send(text_of(imb(1, **PM), imb(2, **PM), imb(3), ""), LATER)
    assert (again.state, again.verdict["code"], again.plan["changes"]) == ("applied", "nothing", 0)
    twin = send(text_of(imb(1, **PM), imb(2, **PM), imb(3)), LATER)
    assert (twin.state, twin.verdict["code"], twin.twin_id) == ("refused", "twin", network.pk)


def test_what_changed_is_told_applied_and_put_back(network):
    before = world()
    file = send(
        text_of(
            imb(1, **PM, **NOV, EtatImmeuble="EN COURS DE DEPLOIEMENT", NombreLogementsAdresseIPE="5"),
            imb(2, **PM),
            imb(4),
        ),
        LATER,
    )
    assert world() == before
    # the PM has nothing new but its day
    assert (file.plan["create"], file.plan["update"], file.plan["delete"]) == (1, 1, 0)
    told = {row.label: (row.before, row.after) for row in file.changes.filter(kind="update")}
    assert told["IMB-1"] == (
        {"state": "CIBLE", "dwellings": "3", "modified_on": "2026-10-31"},
        {"state": "EN COURS DE DEPLOIEMENT", "dwellings": "5", "modified_on": "2026-11-01"},
    )
    services.apply(actor=SYSTEM, file=file)
    from chappe.kit.jobs.runner import run_pending

    run_pending()
    assert buildings("state", "dwellings") == [
        ("IMB-1", "EN COURS DE DEPLOIEMENT", 5), ("IMB-2", "CIBLE", 3), ("IMB-3", "CIBLE", 3), ("IMB-4", "CIBLE", 3),
    ]  # fmt: skip
    lines = Change.objects.filter(reference="IMB-1", event="MODIFICATION").values_list("field", "old", "new")
    assert sorted(lines) == [("dwellings", "3", "5"), ("state", "CIBLE", "EN COURS DE DEPLOIEMENT")]
    assert undone(file).state == "undone"
    assert world()[:2] == before[:2]
    assert Change.objects.filter(reference="IMB-4").values_list("event", flat=True)[0] == "SUPPRESSION"
    assert undone(network).state == "undone"
    assert (Building.objects.count(), Pm.objects.count()) == (0, 0)


def test_a_row_touched_since_holds_up_a_plan_and_an_undoing(network):
    file = send(text_of(imb(1, **PM, **NOV, NombreLogementsAdresseIPE="9")), LATER)
    Change.objects.create(
        thing="building", reference="IMB-1", day="2026-11-02", event="MODIFICATION", field="dwellings", old="3", new="4"
    )
    before = world()
    services.apply(actor=SYSTEM, file=file)
    from chappe.kit.jobs.runner import run_pending

    run_pending()
    file.refresh_from_db()
    assert (file.state, file.verdict["code"], world()) == ("planned", "apply-refused", before)
    assert "IMB-1" in file.verdict["params"]["why"]
    refused = undone(network)
    assert (refused.state, refused.verdict["code"], world()) == ("applied", "undo-refused", before)
    assert "IMB-1" in refused.verdict["params"]["why"]


@pytest.mark.parametrize(
    ("fields", "options", "code"),
    [
        ({"EtatImmeuble": "SIGNE"}, {}, "ipe.transition"),
        ({"DateDerniereModification": "20260101", "EtatImmeuble": "DEPLOYE"}, {}, "ipe.stale"),
        ({"NombreLogementsAdresseIPE": "7"}, {"oi_code": "AUTR"}, None),
    ],
)
def test_rows_that_may_not_be_taken_in_are_left_aside_with_their_reason(fields, options, code):
    applied(text_of(imb(1, EtatImmeuble="EN COURS DE DEPLOIEMENT")))
    before = world()
    file = send(text_of(imb(1, **fields)), LATER, **options)
    if code is None:  # another OI may use the same identifier: it is another building
        assert (file.state, file.plan["create"]) == ("planned", 1)
        return
    assert (file.state, file.plan["refuse"], world()) == ("refused", 1, before)
    assert list(file.issues.filter(severity="error").values_list("line", "code")) == [(2, code)]


def test_rows_of_another_operator_are_refused():
    from chappe.core.interop.layout import packaged

    names = packaged("ipe").names("3.1")
    from tests.core.interop.support import line

    rows = [line(names, IdentifiantImmeuble=f"IMB-{n}", CodeOI=code) for n, code in enumerate(("TELE", "AUTR"))]
    file = send(text_of(*rows, names=names), oi_code="TELE")
    assert (file.plan["create"], file.plan["refuse"]) == (1, 1)
    column = names.index("CodeOI") + 1
    told = file.issues.filter(severity="error").values_list("line", "column", "code")
    assert list(told) == [(3, column, "ipe.other-operator")]
    guessed = send(text_of(*rows, line(names, IdentifiantImmeuble="IMB-3", CodeOI="TELE"), names=names))
    assert (guessed.plan["create"], guessed.plan["refuse"]) == (3, 0)
    told = guessed.issues.filter(code="ipe.oi-differs").values_list("line", "column", "severity", "field")
    assert list(told) == [(3, column, "warning", "CodeOI")]


def test_a_word_that_files_write_otherwise_is_no_change(network):
    Pm.objects.update(location_type="SHELTER")
    told = {**PM, "TypeEmplacementPM": "PME-Shelter"}
    again = send(text_of(imb(1, **told), imb(2, **told), imb(3)), LATER)
    assert (again.verdict["code"], again.plan["changes"]) == ("nothing", 0)
    told["TypeEmplacementPM"] = "LTE"
    other = send(text_of(imb(1, **told), imb(2, **told), imb(3)), LATER)
    changed = [(row.label, row.before, row.after) for row in other.changes.all()]
    assert changed == [("FI-39198-0001", {"location_type": "PME-Shelter"}, {"location_type": "PME-Local technique"})]


def test_files_apply_in_the_order_of_their_days_and_sequences(network):
    applied(text_of(imb(1, **PM, **NOV, NombreLogementsAdresseIPE="4")), "TELE_39_PM_IPE_DELTA_V30_20261103_02.csv")
    before = world()
    for name in ("TELE_39_PM_IPE_DELTA_V30_20261102_01.csv", "TELE_39_PM_IPE_DELTA_V30_20261103_01.csv"):
        old = send(text_of(imb(9), name), name)
        assert (old.state, world()) == ("refused", before)
        assert old.issues.filter(code="ipe.older-file").exists()
    assert send(text_of(imb(9)), "TELE_39_PM_IPE_DELTA_V30_20261103_03.csv").state == "planned"


def test_absence_from_a_full_file_is_not_a_deletion():
    applied(
        text_of(
            imb(1),
            imb(2),
            imb(3, EtatImmeuble="ABANDONNE", DateDerniereModification="20260601"),
            imb(4, CodeInseeImmeuble="39300"),
        )
    )
    name = "TELE_39_PM_IPEZMD_V30_20261115_01.csv"
    kept = send(text_of(imb(1)), name)
    assert (kept.plan["delete"], kept.plan["update"]) == (1, 0)
    assert [row["name"] for row in _plan(kept, "missing")] == ["IMB-2"]
    left = send(text_of(imb(1), ""), name, absent="abandon")
    assert (left.plan["update"], left.plan["delete"]) == (1, 1)
    gone = send(text_of(imb(1), "", ""), name, absent="delete")
    assert gone.plan["delete"] == 2
    services.apply(actor=SYSTEM, file=gone, force=True)
    from chappe.kit.jobs.runner import run_pending

    run_pending()
    assert buildings() == [("IMB-1",), ("IMB-4",)]
    gone.refresh_from_db()
    assert undone(gone).state == "undone"
    assert buildings("state", "number") == [
        ("IMB-1", "CIBLE", 1),
        ("IMB-2", "CIBLE", 2),
        ("IMB-3", "ABANDONNE", 3),
        ("IMB-4", "CIBLE", 4),
    ]
    delta = send(text_of(imb(1), "", "", ""), "TELE_39_PM_IPE_DELTA_V30_20261116_01.csv")
    assert (delta.state, delta.plan["changes"]) == ("applied", 0)


def _plan(file, kind):
    from chappe.apps.ipe import queries

    return queries.plan_rows(file.intake, kind=kind).rows


def test_the_absent_stay_when_lines_cannot_be_read_or_something_hangs_on_them(network):
    file = send(text_of(imb(1, **PM), imb(2, CommentairePM="portail ; vert")), LATER, absent="delete")
    assert (file.plan["delete"], file.plan["refuse"]) == (0, 1)
    assert file.issues.filter(code="ipe.absent-kept").exists()
    Pto.objects.create(reference="TE-0001-0001", building=Building.objects.get(reference="IMB-2"))
    file = send(text_of(imb(1, **PM)), LATER, absent="delete")
    assert [row["name"] for row in _plan(file, "delete")] == ["IMB-3"]
    assert file.issues.filter(code="ipe.key-used").exists()
    before = world()
    refused = undone(network)
    assert (refused.state, refused.verdict["code"], world()) == ("applied", "undo-refused", before)


def test_a_large_change_waits_for_somebody_to_say_yes():
    applied(text_of(*(imb(n) for n in range(1, 21))))
    file = send(text_of(*(imb(n, **NOV, NombreLogementsAdresseIPE="8") for n in range(1, 21))), LATER)
    assert (file.plan["over"], file.plan["limit"]) == (100, 30)
    with pytest.raises(ValidationError, match="Apply anyway"):
        services.apply(actor=SYSTEM, file=file)
    services.apply(actor=SYSTEM, file=file, force=True)


def test_applying_again_is_an_administrators_act(network, alice, bruno):
    from chappe.kit.access.models import Role, RoleRight, User

    undone(network)
    services.read_again(actor=SYSTEM, file=network)
    from chappe.kit.jobs.runner import run_pending

    run_pending()
    network.refresh_from_db()
    clerk = User.objects.create(username="clerk")
    role = Role.objects.create(name="clerk")
    for area in ("fichiers", "ipe", "reseau"):
        RoleRight.objects.create(role=role, area=area, level=2)
    clerk.roles.add(role)
    with pytest.raises(ValidationError, match="administrator"):
        services.apply(actor=Actor(user=clerk), file=network)
    services.apply(actor=Actor(user=alice), file=network)


def test_two_wordings_of_a_pm_the_latest_row_counts():
    file = applied(
        text_of(
            imb(1, **PM, DateDerniereModification="20261030"),
            imb(2, **{**PM, "EtatPM": "ABANDONNE"}),
            imb(3, **PM, DateDerniereModification="20261029"),
        )
    )
    assert file.issues.filter(code="ipe.pm-differs").exists()
    assert Pm.objects.get().state == "ABANDONNE"


def test_unknown_columns_are_kept_and_compared():
    from tests.core.interop.support import V30

    names = [*V30, "MonChamp"]
    row = imb(1) + ";bleu"
    applied(text_of(row, names=names))
    assert Building.objects.get().extra == {"MonChamp": "bleu"}
    assert send(text_of(row, "", names=names), LATER).plan["changes"] == 0
    assert send(text_of(imb(1, **NOV) + ";vert", names=names), LATER).plan["update"] == 1


def test_a_history_is_read_and_not_applied():
    from tests.core.interop.support import IPE, V30

    names = [*V30, *IPE.history]
    file = send(text_of(imb(1) + ";CREATION;20261031;;;", names=names), "TELE_39_PM_IPE_HISTO_V30_20261031_01.csv")
    assert (file.state, file.plan) == ("refused", {**file.plan, "changes": 0})
    assert file.issues.filter(code="ipe.history").exists()


def test_several_tables_in_an_archive():
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", text_of(imb(1), imb(2)))
        archive.writestr("b.csv", text_of(imb(2), imb(3)))
    file = applied(buffer.getvalue(), "TELE_39_PM_IPEZMD_V30_20261031_01.zip")
    assert (file.kind, file.plan["create"], file.plan["refuse"]) == ("ipe", 3, 1)
    assert list(file.issues.filter(code="ipe.duplicate").values_list("inner", "line")) == [("b.csv", 2)]


def test_what_is_kept_beside_a_file_goes_with_it(network):
    kept = [getattr(network.intake, kind).pk for kind in ("rows", "issues", "plan", "changes", "before")]
    assert StoredFile.objects.filter(pk__in=kept).count() == 5
    network.delete()
    assert not StoredFile.objects.filter(pk__in=kept).exists()
    assert Building.objects.count() == 3


def test_the_bar_moves_while_a_file_is_undone(monkeypatch):
    file = applied(text_of(*(imb(number) for number in range(1, 6))))
    told = []
    monkeypatch.setattr(undoing, "PIECE", 2)
    monkeypatch.setattr(progress, "tell", lambda done, total: told.append((done, total)))
    assert undone(file).state == "undone"
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert not Building.objects.exists()


def test_a_large_file_has_its_tables_counted_again_when_applied_and_when_undone(monkeypatch):
    """So that PostgreSQL picks the right index from the first page on, and not a minute later."""
    monkeypatch.setattr("chappe.kit.bulk.ENOUGH", 2)
    counts = {"postgresql": 1}.get(connection.vendor, 0)
    for act in (lambda: applied(text_of(imb(1, **PM), imb(2))), lambda: undone(ReceivedFile.objects.get())):
        with CaptureQueriesContext(connection) as asked:
            act()
        told = [query["sql"] for query in asked if query["sql"].startswith("ANALYZE")]
        assert [told.count(f'ANALYZE "network_{table}"') for table in ("building", "change", "pm")] == [counts] * 3
