"""Files of customers and of lines: plan, apply, undo; workbooks; what is refused costs its line only."""

import datetime as dt
import io

import pytest
import xlsxwriter

from chappe.apps.customers import holding, services
from chappe.apps.customers.models import Assignment, CostCentre, Customer, Line
from chappe.apps.exchange.models import FileIssue, State
from chappe.apps.exchange.words import issue_sentence
from chappe.apps.tariffs.models import TariffPlan
from tests.apps.customers.conftest import JANUARY, SYSTEM

pytestmark = pytest.mark.django_db
CUSTOMERS = (
    "numéro;nom;type;adresse;code postal;ville;siren;tva intracommunautaire;facturable;taux;grille tarifaire;client parent;courriel\n"
    "C000010;Mairie de Dole;organisme public;1 place de l’Europe;39100;Dole;;;oui;1;PRO;;mairie@dole.example\n"
    ";École des Forges;public;2 rue des Forges;39100;Dole;;;non;0;;C000010;\n"
    ";Lucie Vautrin;particulier;12 avenue de Paris;97400;Saint-Denis;;;oui;1;;;lucie@vautrin.example\n"
)


def told(file):
    return [
        (i.line, i.code, issue_sentence(i.code, i.params))
        for i in FileIssue.objects.filter(file=file).order_by("line", "pk")
    ]


def workbook(rows, name="clients.xlsx"):
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data)
    sheet = book.add_worksheet("Feuille")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            sheet.write(y, x, cell)
    book.close()
    data.name = name
    return data.getvalue()


def test_customers_planned_applied_undone(client, alice, send, act):
    TariffPlan.objects.create(code="PRO")
    client.force_login(alice)
    file = send(CUSTOMERS, "clients.csv")
    assert (file.kind, file.state, file.plan["create"], file.errors) == ("customers", "planned", 3, 0), told(file)
    assert Customer.objects.count() == 0
    act(file, "apply")
    mairie, ecole, lucie = Customer.objects.order_by("pk")
    assert (mairie.number, mairie.kind, mairie.sell_plan.code, mairie.vat_case) == ("C000010", "public", "PRO", "auto")
    assert (ecole.number, ecole.parent, ecole.billable, ecole.vat_case) == ("C000001", mairie, False, "exempt")
    assert (lucie.number, lucie.kind, lucie.territory, lucie.emails) == (
        "C000002",
        "private",
        "RE",
        ["lucie@vautrin.example"],
    )
    file = act(file, "undo")
    assert (file.state, Customer.objects.count()) == (State.UNDONE, 0)


def test_a_second_file_changes_what_differs_and_never_renumbers_a_homonym(client, alice, send, act):
    first = services.create_customer(actor=SYSTEM, data={"name": "Dupont", "city": "Dole"})
    client.force_login(alice)
    file = send("numéro;nom;ville\nC000001;Dupont;Arbois\nC000777;Dupont;Poligny\n", "clients.csv")
    assert (file.plan["create"], file.plan["update"]) == (1, 1)
    act(file, "apply")
    assert sorted(Customer.objects.values_list("number", "city")) == [("C000001", "Arbois"), ("C000777", "Poligny")]
    act(file, "undo")
    first.refresh_from_db()
    assert (Customer.objects.count(), first.city) == (1, "Dole")


def test_wrong_words_cost_their_line(client, alice, send, act):
    client.force_login(alice)
    file = send(
        "nom;type;facturable;grille tarifaire;client parent\nA;martien;oui;;\nB;pro;peut-être;;\nC;pro;oui;NEANT;\nD;pro;oui;;C999\nE;pro;oui;;\n",
        "clients.csv",
    )
    assert [(line, code) for line, code, _s in told(file)] == [(n, "table.bad-word") for n in (2, 3, 4, 5)]
    assert told(file)[0][2] == "“martien” is not one of: société, particulier, opérateur, organisme public."
    act(file, "apply")
    assert [c.name for c in Customer.objects.all()] == ["E"]


def test_a_workbook_is_read_like_text(client, alice, send, act):
    client.force_login(alice)
    file = send(
        workbook([["Nom", "Code postal", "Ville", "Délai de paiement"], ["Perret", 39100, "Dole", 45]]), "clients.xlsx"
    )
    assert (file.kind, file.state) == ("customers", "planned"), told(file)
    act(file, "apply")
    customer = Customer.objects.get()
    assert (customer.name, customer.postal_code, customer.payment_days) == ("Perret", "39100", 45)


def test_a_damaged_workbook_is_told(client, alice, send):
    client.force_login(alice)
    file = send(b"PK\x03\x04" + b"rien" * 30, "clients.xlsx")
    assert (file.kind, file.state) == ("customers", "refused")
    assert [code for _l, code, _s in told(file)] == ["table.not-text"]


LINES = (
    "poste;type;utilisateur;sda fixe;client;depuis;centre de coût\n"
    "201;poste;Anne Roussel;03 84 79 12 01;C000001;2026-01-01;ATELIER\n"
    "03 84 79 12 10;sda;Accueil;;C000002;01/01/2026;\n"
    "202;poste;Libre;;;;\n"
)


@pytest.fixture
def two(made):
    CostCentre.objects.create(customer=made.a, code="ATELIER")
    made.line.delete()
    return made


def held():
    return [(a.line.number, a.customer.number, a.starts_on.isoformat(), a.ends_on and a.ends_on.isoformat())
            for a in Assignment.objects.order_by("line__number", "starts_on")]  # fmt: skip


def test_lines_with_their_customers_planned_applied_undone(client, alice, send, act, two):
    client.force_login(alice)
    file = send(LINES, "lignes.csv")
    assert (file.kind, file.state, file.plan["create"]) == ("lines", "planned", 3), told(file)
    act(file, "apply")
    assert held() == [("0384791210", "C000002", "2026-01-01", None), ("201", "C000001", "2026-01-01", None)]
    line = Line.objects.get(number="201")
    assert (line.alias, line.user_name, line.assignments.get().cost_centre.code) == (
        "0384791201",
        "Anne Roussel",
        "ATELIER",
    )
    again = send(LINES.replace("Anne", "Anna"), "lignes.csv")
    assert [(c.kind, c.before, c.after) for c in again.changes.all()] == [
        ("update", {"user_name": "Anne Roussel"}, {"user_name": "Anna Roussel"})
    ]
    act(file, "undo")
    assert (Line.objects.count(), Assignment.objects.count()) == (0, 0)


def test_a_line_is_moved_by_a_file_and_goes_back(client, alice, send, act, two):
    line = services.create_line(actor=SYSTEM, data={"number": "201"})
    holding.assign(actor=SYSTEM, line=line, customer=two.a, starts_on=JANUARY)
    client.force_login(alice)
    file = send("poste;client;depuis\n201;C000002;2026-03-12\n", "lignes.csv")
    assert file.changes.get().before == {"holder_number": "C000001", "holder_since": "2026-01-01"}
    assert file.changes.get().summary() == "customer: C000001 → C000002 · from: 1 Jan 2026 → 12 Mar 2026"
    act(file, "apply")
    assert held() == [("201", "C000001", "2026-01-01", "2026-03-11"), ("201", "C000002", "2026-03-12", None)]
    act(file, "undo")
    assert held() == [("201", "C000001", "2026-01-01", None)]


def test_an_undo_is_refused_when_the_line_has_moved_since(client, alice, send, act, two):
    client.force_login(alice)
    file = act(send("poste;client;depuis\n201;C000001;2026-01-01\n", "lignes.csv"), "apply")
    holding.move(actor=SYSTEM, line=Line.objects.get(), customer=two.b, day=dt.date(2026, 4, 1))
    file = act(file, "undo")
    assert (file.state, file.verdict["code"]) == (State.APPLIED, "undo-refused")
    assert len(held()) == 2


def test_what_cannot_be_held_so_is_refused_with_its_sentence(client, alice, send, act, two):
    line = services.create_line(actor=SYSTEM, data={"number": "300"})
    holding.assign(actor=SYSTEM, line=line, customer=two.b, starts_on=JANUARY)
    client.force_login(alice)
    file = send(
        "poste;client;depuis;centre de coût\n201;C000099;2026-01-01;\n202;C000002;2026-01-01;ATELIER\n203;;;ATELIER\n"
        "300;C000001;2025-12-01;\n204;C000001;32/01/2026;\n201;C000001;;\n201;C000002;;\n", "lignes.csv",
    )  # fmt: skip
    assert [(line, sentence) for line, _c, sentence in told(file)] == [
        (2, "No customer has the number “C000099”."),
        (3, "The customer “Fromagerie Vautrin” has no cost centre “ATELIER”."),
        (4, "A cost centre needs its customer on the same line."),
        (5, "It is given to “Fromagerie Vautrin” from 1 Jan 2026: it cannot be moved earlier."),
        (6, "“32/01/2026” is not one of: 2026-03-12, 12/03/2026."),
        (8, "“201” stands on line 7 already: this line is left aside."),
    ]
    act(file, "apply")
    assert held()[0][:2] == ("201", "C000001")


def test_a_file_of_the_house_says_whose_customer_it_names_and_a_partners_does_not(
    client, alice, bruno_writes, send, two
):
    services.create_customer(
        actor=SYSTEM, data={"owner": bruno_writes.organisation, "number": "C000077", "name": "Chez Altitel"}
    )
    client.force_login(alice)
    file = send("poste;client\n201;C000077\n", "lignes.csv")
    assert [(code, text) for _l, code, text in told(file)] == [
        ("lines.customer-elsewhere", f"“C000077” is a customer of {bruno_writes.organisation}, and this file is the house’s: send it again for that operator.")
    ]  # fmt: skip
    assert FileIssue.objects.get(file=file).field
    client.force_login(bruno_writes)
    mine = send("poste;client\n201;C000002\n", "lignes.csv")  # B of the house: not his to know
    assert [code for _l, code, _t in told(mine)] == ["lines.no-customer"]


def test_a_partners_file_makes_its_own_rows_only(client, bruno_writes, send, act, made):
    client.force_login(bruno_writes)
    file = send("numéro;nom\nC000001;Chez Altitel\n", "clients.csv")
    assert file.plan["create"] == 1, "the C000001 of the house is not theirs to see"
    act(file, "apply")
    assert Customer.objects.get(owner=bruno_writes.organisation).name == "Chez Altitel"
    made.a.refresh_from_db()
    assert made.a.name == "Menuiserie Perret"
    file = send("poste;client\n500;C000001\n", "lignes.csv")
    act(file, "apply")
    assert Assignment.objects.get().customer.owner == bruno_writes.organisation
