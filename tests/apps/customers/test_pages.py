"""The pages of customers: forms, acts, remarks, the tree, panels that other apps hang."""

import datetime as dt
import io

import pytest

from chappe.apps.customers import holding, panels, services
from chappe.apps.customers.models import Assignment, Brand, Customer, Line
from chappe.kit.screens.declare import Panel, Related
from tests.apps.customers.conftest import JANUARY, SYSTEM, complete

pytestmark = pytest.mark.django_db


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_customer_is_made_on_the_page_and_its_remarks_are_shown(client, alice):
    client.force_login(alice)
    form = {"name": "Perret", "kind": "company", "country": "FR", "vat_case": "auto", "payment_means": "transfer", "payment_days": "30",
            "delivery": "mail", "language": "fr", "billable": "on", "active": "on", "vat_number": "FR95552100554"}  # fmt: skip
    answer = client.post("/customers/customer/new/", form)
    assert answer.status_code == 302, answer.context["form"].errors
    customer = Customer.objects.get()
    shown = page(client, f"/customers/customer/{customer.pk}/")
    assert "Invoices wait until this is corrected:" in shown
    assert "There is no postal address" in shown
    assert "“FR95552100554” is not a VAT number" in shown
    assert "3 remarks" in page(client, "/customers/customer/")
    assert "Perret" in page(client, "/customers/customer/?chip=to-correct")
    services.update_customer(actor=SYSTEM, object=customer, data=complete())
    assert "Nothing is missing: invoices can leave." in page(client, f"/customers/customer/{customer.pk}/")


def test_a_line_is_made_with_its_holder_then_moved_closed_and_taken_back(client, alice, made):
    client.force_login(alice)
    form = {
        "number": "03 84 79 12 10",
        "kind": "did",
        "active": "on",
        "holder": made.a.pk,
        "holder_since": "2026-01-01",
    }
    answer = client.post("/customers/line/new/", form)
    assert answer.status_code == 302, answer.context["form"].errors
    line = Line.objects.get(number="0384791210")
    where = f"/customers/line/{line.pk}/"
    answer = client.post(where + "do/move/", {"customer": made.b.pk, "day": "2026-03-12"})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    shown = page(client, where)
    assert shown.index("Fromagerie Vautrin") < shown.index("Menuiserie Perret")
    assert client.post(where + "do/close/", {"day": "2026-05-31"}).status_code == 302
    assert Assignment.objects.get(line=line, customer=made.b).ends_on == dt.date(2026, 5, 31)
    assert client.post(where + "do/take-back/").status_code in {200, 302}
    form = {"number": "0384791211", "kind": "did", "active": "on"}
    assert client.post(where + "edit/", form).status_code == 302
    line.refresh_from_db()
    assert line.number == "0384791211"


def test_an_act_that_is_refused_says_why(client, alice, made):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    client.force_login(alice)
    answer = client.post(f"/customers/line/{made.line.pk}/do/move/", {"customer": made.b.pk, "day": "2025-12-01"})
    assert "is already given to Menuiserie Perret from 1 Jan 2026" in answer.content.decode()
    assert Assignment.objects.get().customer == made.a


def test_the_tree_counts_lines_of_the_whole_family(client, alice, made):
    services.update_customer(actor=SYSTEM, object=made.b, data={"parent": made.a})
    holding.assign(actor=SYSTEM, line=made.line, customer=made.b, starts_on=JANUARY)
    client.force_login(alice)
    answer = client.get("/customers/tree/")
    assert [(n["row"].name, n["depth"], n["own"], n["all"]) for n in answer.context["nodes"]] == [
        ("Menuiserie Perret", 0, 0, 1), ("Fromagerie Vautrin", 1, 1, 1),
    ]  # fmt: skip
    assert "Fromagerie" in page(client, "/customers/tree/?q=vautrin")
    assert "Menuiserie" in page(client, "/customers/tree/?q=vautrin"), "with what stands above"
    assert "No customer has this name" in page(client, "/customers/tree/?q=zzz")


def test_the_tree_shows_a_partner_its_own_only(client, bruno_writes, made):
    client.force_login(bruno_writes)
    shown = page(client, "/customers/tree/")
    assert "Perret" not in shown
    assert "No customer yet" in shown


def test_other_apps_hang_cards_and_lists(client, alice, made, monkeypatch):
    monkeypatch.setattr(panels, "_panels", {"customer": {}, "line": {}})
    monkeypatch.setattr(panels, "_related", {"customer": [], "line": []})
    panels.register("test.card", Panel(title="Une carte d’ailleurs", columns=("number",)))
    panels.related(Related(screen="customers.line", path="owner", label="Une liste d’ailleurs"))
    client.force_login(alice)
    shown = page(client, f"/customers/customer/{made.a.pk}/")
    assert "Une carte d’ailleurs" in shown
    assert "Une liste d’ailleurs" in shown
    with pytest.raises(KeyError):
        panels.register("test.card", Panel(title="x"), on="elsewhere")


def test_a_logo_is_a_picture(client, alice):
    brand = services.create_brand(actor=SYSTEM, data={"slug": "sillon", "name": "Sillon"})
    client.force_login(alice)
    where = f"/customers/brand/{brand.pk}/do/logo/"
    text = io.BytesIO(b"pas une image")
    text.name = "logo.txt"
    assert "A logo is a PNG, JPEG or SVG picture." in client.post(where, {"file": text}).content.decode()
    picture = io.BytesIO(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    picture.name = "logo.svg"
    assert client.post(where, {"file": picture}).status_code == 302
    assert Brand.objects.get().logo.name == "logo.svg"
    assert "Logo of Sillon" in page(client, f"/customers/brand/{brand.pk}/")
