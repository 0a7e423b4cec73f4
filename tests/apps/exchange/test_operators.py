"""A file of operators from the page to the rows and back: plan, apply, undo, twice, over the threshold, mended."""

import csv
import io
import json
from pathlib import Path

import pytest

from chappe.apps.exchange import words
from chappe.apps.exchange.models import FileIssue, PlannedChange, ReceivedFile, State
from chappe.apps.parties import services as parties
from chappe.apps.parties.models import Operator
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.models import Job
from tests.apps.exchange.conftest import IMPORTS, page
from tests.support import people

pytestmark = pytest.mark.django_db


def download(client, file: ReceivedFile, what: str) -> list[list[str]]:
    answer = client.get(f"/exchange/file/{file.pk}/{what}.csv")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_five_operators_planned_applied_undone(client, alice, send, act):
    client.force_login(alice)
    file = send(IMPORTS / "operators.csv")
    assert (file.kind, file.state, file.lines, file.ok, file.errors, file.warnings) == (
        "operators",
        "planned",
        5,
        5,
        0,
        0,
    )
    assert file.plan == {"create": 5, "update": 0, "delete": 0, "refuse": 0, "changes": 5, "existing": 0}
    assert Operator.objects.count() == 0, "nothing is changed before it is applied"
    shown = page(client, file)
    assert "5 lines read: 5 to create." in shown
    assert "Boréal Réseaux" in shown
    file = act(file, "apply")
    assert (file.state, file.applied_by) == (State.APPLIED, alice)
    assert Operator.objects.get(code_interop="BORE").notes == "Exploitant du NRO de Dole"
    assert Operator.objects.get(name="Pictel").kind == Operator.Kind.SUPPLIER
    assert [link["label"] for link in file.result] == [
        "Altitel",
        "Boréal Réseaux",
        "Comté Fibre",
        "Jura Entreprises",
        "Pictel",
    ]
    assert (
        audit.history(file).first().sentence("en")
        == "Alice Martin applied “operators.csv”: 5 created, 0 changed, 0 deleted"
    )
    assert "Applied: 5 created." in page(client, file)
    file = act(file, "undo")
    assert (file.state, file.undone_by) == (State.UNDONE, alice)
    assert Operator.objects.count() == 0


def test_only_what_differs_is_changed_and_put_back(client, alice, send, act):
    people.OperatorFactory(name="Altitel", code_interop="ALTI", tenant="altitel", notes="avant")
    client.force_login(alice)
    file = send("code interop;nom;notes\nalti;Altitel SA;après\n")
    change = file.changes.get()
    assert (change.kind, change.line, change.before, change.after) == (
        "update", 2, {"name": "Altitel", "notes": "avant"}, {"name": "Altitel SA", "notes": "après"},
    )  # fmt: skip
    assert change.summary() == "name: Altitel → Altitel SA · notes: avant → après"
    file = act(file, "apply")
    row = Operator.objects.get()
    assert (row.name, row.notes, row.tenant) == ("Altitel SA", "après", "altitel")
    act(file, "undo")
    row.refresh_from_db()
    assert (row.name, row.notes) == ("Altitel", "avant")


def test_nothing_to_change_is_applied_with_that_verdict(client, alice, send):
    people.OperatorFactory(name="Altitel", code_interop="ALTI", tenant="altitel")
    client.force_login(alice)
    file = send("nom;code interop\nAltitel;ALTI\n")
    assert (file.state, file.verdict["code"], file.plan["changes"]) == ("applied", "nothing", 0)
    shown = page(client, file)
    assert "Nothing to change: everything this file says is so already." in shown
    assert "It changed nothing: there is nothing to undo." in shown


def test_a_refused_line_among_others_that_change_nothing_is_told_as_it_is(client, alice, send):
    people.OperatorFactory(name="Altitel", code_interop="ALTI", tenant="altitel")
    client.force_login(alice)
    file = send("nom;code interop\nAltitel;ALTI\n;BORL\n")
    assert (file.state, file.verdict["code"], file.plan["changes"]) == ("refused", "others-refused", 0)
    assert "The lines that could be read change nothing; the others were refused" in page(client, file)
    assert send("nom;code interop\n;BORL\n", "b.csv").verdict["code"] == "all-refused"


def test_the_same_content_twice_is_applied_once_until_undone(client, alice, send, act):
    client.force_login(alice)
    first = act(send(IMPORTS / "operators.csv"), "apply")
    second = send((IMPORTS / "operators.csv").read_bytes(), "renamed.csv")
    assert (second.state, second.twin, second.verdict["code"]) == (State.REFUSED, first, "twin")
    assert f"/exchange/file/{first.pk}/" in page(client, second)
    assert Operator.objects.count() == 5
    act(first, "undo")
    second = act(act(second, "read"), "apply")
    assert (second.state, Operator.objects.count()) == (State.APPLIED, 5)


def test_two_twins_planned_side_by_side_are_applied_once(client, alice, send, act):
    client.force_login(alice)
    first, second = send(IMPORTS / "operators.csv"), send(IMPORTS / "operators.csv")
    assert (first.state, second.state) == ("planned", "planned")
    act(first, "apply")
    second = act(second, "apply")
    assert (second.state, second.twin, Operator.objects.count()) == (State.REFUSED, first, 5)


def test_a_plan_over_the_threshold_asks_an_administrator(client, alice, send, act):
    for n in range(12):
        people.OperatorFactory(name=f"Opérateur {n:02}", code_interop=f"OP{n:02}")
    client.force_login(alice)
    lines = "".join(f"OP{n:02};changé\n" for n in range(4))
    file = send("code interop;notes\n" + lines)
    assert (file.plan["over"], file.plan["limit"], file.plan["existing"]) == (33, 30, 12)
    people.make_role("Agent", {"fichiers": 2, "lexique": 3})
    alice.forget_rights()
    answer = client.post(f"/exchange/file/{file.pk}/do/apply/", follow=True)
    assert "use “Apply anyway”" in answer.content.decode()
    assert client.post(f"/exchange/file/{file.pk}/do/apply-anyway/").status_code == 403
    file.refresh_from_db()
    assert (file.state, Operator.objects.filter(notes="changé").count()) == ("planned", 0)
    people.agent_role()
    file = act(file, "apply-anyway")
    assert (file.state, Operator.objects.filter(notes="changé").count()) == ("applied", 4)
    told = [entry.sentence("en") for entry in audit.history(file)]
    assert "Alice Martin let “operators.csv” through over the threshold (33 %)" in told


def test_undo_is_refused_when_a_row_changed_since(client, alice, send, act):
    client.force_login(alice)
    file = act(send(IMPORTS / "operators.csv"), "apply")
    parties.update_operator(actor=Actor(alice), object=Operator.objects.get(name="Pictel"), data={"name": "Pictel 2"})
    file = act(file, "undo")
    assert (file.state, file.verdict["code"]) == ("applied", "undo-refused")
    assert Operator.objects.count() == 5, "all of it stays"
    assert "This file stays applied: “Pictel 2” has changed since it was applied" in page(client, file)
    assert Job.objects.get(name="exchange.undo").state == "failed"


def test_undo_is_refused_when_something_refers_to_a_row(client, alice, send, act):
    client.force_login(alice)
    file = act(send(IMPORTS / "operators.csv"), "apply")
    people.ContactFactory(operator=Operator.objects.get(name="Altitel"))
    file = act(file, "undo")
    assert (file.state, Operator.objects.count()) == ("applied", 5)
    assert "Altitel" in file.problem


def test_a_plan_gone_stale_is_refused_whole(client, alice, send, act):
    row = people.OperatorFactory(name="Altitel", code_interop="ALTI")
    client.force_login(alice)
    file = send("nom;code interop;notes\nNouveau;NOUV;\nAltitel;ALTI;du fichier\n")
    Operator.objects.filter(pk=row.pk).update(notes="entre-temps")
    file = act(file, "apply")
    assert (file.state, file.verdict["code"]) == ("planned", "apply-refused")
    assert not Operator.objects.filter(name="Nouveau").exists()
    assert "“Altitel” has changed since the plan was made. Read the file again." in page(client, file)
    file = act(act(file, "read"), "apply")
    row.refresh_from_db()
    assert (file.state, row.notes) == ("applied", "du fichier")


def test_the_damaged_file_gives_every_fault_and_the_rest(client, alice, send, act):
    client.force_login(alice)
    file = send(IMPORTS / "operators-damaged.csv")
    told = [
        f"{i.line}:{i.column} {i.severity} {i.code} {i.sentence()}"
        for i in file.issues.order_by("line", "column", "pk")
    ]
    golden = Path(__file__).with_name("operators-damaged.txt")
    assert told == golden.read_text("utf-8").splitlines(), "\n".join(told)
    assert (file.state, file.lines, file.plan["create"], file.plan["refuse"]) == ("planned", 11, 3, 8)
    kept = json.dumps(list(FileIssue.objects.values())) + json.dumps(list(PlannedChange.objects.values()), default=str)
    assert "gaufre" not in kept, "a secret of the file is never kept"
    shown = page(client, file)
    assert "gaufre" not in shown
    assert "••••" in shown


def test_the_refused_lines_are_mended_and_sent_again(client, alice, send, act):
    client.force_login(alice)
    first = act(send(IMPORTS / "operators-damaged.csv"), "apply")
    assert sorted(Operator.objects.values_list("name", flat=True)) == ["Altitel", "Comté Fibre", "Jura Entreprises"]
    rows = download(client, first, "rejects")
    assert rows[0] == [
        "nom", "type", "code interop", "siren", "tenant", "mot de passe ftp", "région",
        "reject_line", "reject_column", "reject_code", "reject_sentence",
    ]  # fmt: skip
    boreal = next(row for row in rows if row[0] == "Boréal Réseaux")
    assert boreal[7:10] == ["3", "4", "exchange.value-refused"]
    boreal[3] = "732829320"
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([rows[0], boreal])
    second = send(out.getvalue(), "mended.csv", mends=first)
    assert (second.replays, second.kind, second.state, second.errors) == (first, "operators", "planned", 0)
    assert second.plan["create"] == 1
    act(second, "apply")
    assert Operator.objects.get(name="Boréal Réseaux").siren == "732829320"
    assert "mended.csv" in page(client, first)


def test_exports_disarm_formulas(client, alice, send):
    client.force_login(alice)
    evil = "=cmd|' /C calc'!A0"
    # «code interop» is a column of operators alone: files of customers too have names, SIREN and notes.
    file = send(f"nom;siren;notes;code interop\n{evil};123;+SUM(A1);\nBon;;{evil};\n")
    assert download(client, file, "rejects")[1][:3] == ["'" + evil, "123", "'+SUM(A1)"]
    plan = download(client, file, "plan")
    assert ["creation", "3", "name=Bon", "Bon", "notes", "∅", "'" + evil] in plan
    issues = download(client, file, "issues")
    assert issues[0] == ["line", "column", "field", "severity", "code", "sentence", "excerpt"]
    for rows in (plan, issues):
        assert not [cell for row in rows for cell in row if cell.startswith("=")]
    answer = client.get("/exchange/change/export.csv")
    assert "\n=" not in b"".join(answer.streaming_content).decode()
    mended = send(
        b"".join(client.get(f"/exchange/file/{file.pk}/rejects.csv").streaming_content).replace(b";123;", b";;"),
        "m.csv",
        mends=file,
    )
    assert mended.changes.get(kind="create").after["name"] == evil, "what we disarmed is read as it was"


@pytest.mark.parametrize(
    ("data", "name", "verdict", "code"),
    [
        (b"nom;code interop\n", "vide.csv", "nothing", "table.no-rows"),
        (b"couleur;notes\n#fff;x\n", "sans.csv", "unreadable", "table.column-missing"),
    ],
)
def test_files_without_rows_end_with_a_verdict(client, alice, send, data, name, verdict, code):
    client.force_login(alice)
    file = send(data, name, kind="operators")
    assert file.verdict["code"] == verdict
    assert file.issues.filter(code=code).count() == 1
    assert Operator.objects.count() == 0


@pytest.mark.parametrize("data", [b"", b"\x00" * 5000, b"%PDF-1.7 \xff", b"a" * 3000, b"\xff\xfe\xfa"])
def test_a_file_nobody_knows_is_put_aside_and_can_be_said(client, alice, send, data):
    client.force_login(alice)
    file = send(data, "inconnu.bin")
    assert (file.state, file.kind) == (State.QUARANTINED, "")
    assert "Say what it is" in page(client, file)
    answer = client.post(f"/exchange/file/{file.pk}/kind/", {"kind": "operators"})
    assert answer.status_code == 302


def test_saying_what_it_is_reads_it(client, alice, send, work):
    client.force_login(alice)
    file = send("nom\nAltitel\n", "une-colonne.csv")
    assert file.state == State.QUARANTINED
    client.post(f"/exchange/file/{file.pk}/kind/", {"kind": "operators"})
    work()
    file.refresh_from_db()
    assert (file.state, file.plan["create"]) == ("planned", 1)


def test_names_from_outside_are_made_safe(client, alice, send):
    client.force_login(alice)
    file = send("nom;code interop\nA;AAAA\n", "../../etc/passwd\u202e.csv")
    assert file.name == "passwd.csv"
    answer = client.get(f"/exchange/file/{file.pk}/download/")
    assert (answer["X-Content-Type-Options"], b"".join(answer.streaming_content)) == (
        "nosniff",
        b"nom;code interop\nA;AAAA\n",
    )


def test_verdicts_are_said_in_the_language_of_the_reader(alice, client, send):
    client.force_login(alice)
    file = send(IMPORTS / "operators.csv")
    assert words.verdict(file) == "5 lines read: 5 to create."
    alice.language = "fr"
    alice.save()
    assert "5 lignes lues : 5 à créer." in page(client, file).replace("\u00a0", " ")
