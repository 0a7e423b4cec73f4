"""Products, prices and purchases by file: planned, applied, undone; what the lists export is read back and changes nothing."""

import datetime as dt

import pytest
from django.utils import translation

from chappe.apps.billing.models import Product, ProductPrice, Purchase
from chappe.apps.exchange.models import State
from tests.apps.exchange.conftest import act, send, work  # noqa: F401 - fixtures
from tests.support import people as hands
from tests.support import rows_billing as rows
from tests.support import rows_customers as people
from tests.support.rows_payments import euros

pytestmark = pytest.mark.django_db
PRODUCTS = (
    "code;nom;rubrique;période;d’avance;prorata;taux de TVA\n"
    "ABO-FIBRE;Abonnement fibre;abonnements, forfaits;mensuelle;oui;days;standard\n"
    "MES;Mise en service;one_off;once;non;none;standard\n"
)
PRICES = "produit;depuis;prix;coût d’achat;modèle;tranches\nABO-FIBRE;2026-01-01;29,90;14,00;;\nMES;01/01/2026;49;;graduated;10:5|:3\n"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def sold(client, alice, send, act):  # noqa: F811
    """Both files applied, a customer C000001 and its line 201."""
    client.force_login(alice)
    for text, name in ((PRODUCTS, "produits.csv"), (PRICES, "prix.csv")):
        file = act(send(text, name), "apply")
        assert (file.state, told(file)) == (State.APPLIED, []), [(i.code, i.params) for i in file.issues.all()]
    customer = rows.buyer(name="Menuiserie Perret")
    customer.number = "C000001"
    customer.save()
    line = people.line(None, "Anne", number="201")
    people.assignment(None, "Anne", line=line, customer=customer)
    return client


def catalogue() -> list[tuple]:
    return list(
        ProductPrice.objects.order_by("product__code").values_list(
            "product__code", "starts_on", "charge", "price", "cost"
        )
    )


def told(file) -> list[tuple[int, str]]:
    return [(issue.line, issue.code) for issue in file.issues.order_by("line", "pk") if issue.severity == "error"]


def test_products_and_prices_planned_applied_undone(sold, send, act):  # noqa: F811
    day = dt.date(2026, 1, 1)
    assert catalogue() == [
        ("ABO-FIBRE", day, "unit", euros("29.9"), euros("14")), ("MES", day, "graduated", euros("49"), None),
    ]  # fmt: skip
    assert ProductPrice.objects.get(product__code="MES").tiers == [
        {"up_to": "10", "price": "5"}, {"up_to": None, "price": "3"},
    ]  # fmt: skip
    product = Product.objects.get(code="MES")
    assert (product.section, product.period, product.in_advance, product.prorata) == ("one_off", "once", False, "none")
    file = act(send("produit;depuis;prix\nABO-FIBRE;2026-01-01;31\nABO-FIBRE;2027-01-01;32\n", "prix.csv"), "apply")
    assert [change.summary() for change in file.changes.order_by("line")] == [
        "price: €29.90 → €31.00",
        "product: ABO-FIBRE · from: 1 Jan 2027 · price: €32.00",
    ]
    act(file, "undo")
    assert catalogue()[0][3] == euros("29.9") and ProductPrice.objects.count() == 2


def test_purchases_planned_applied_undone(sold, send, act):  # noqa: F811
    text = (
        "référence;client;ligne;produit;quantité;prix convenu;depuis;jusqu’au\nA-1;C000001;;ABO-FIBRE;2;;2026-01-01;\n"
        ";C000001;201;MES;1;4,50;15/02/2026;2026-12-31\n"
    )
    file = act(send(text, "abonnements.csv"), "apply")
    assert file.state == State.APPLIED, told(file)
    first, second = Purchase.objects.order_by("pk")
    assert (first.quantity, first.price, first.starts_on, first.ends_on) == (2, None, dt.date(2026, 1, 1), None)
    assert (second.line.number, second.price, second.ends_on) == ("201", euros("4.5"), dt.date(2026, 12, 31))
    again = send(text + "A-1;C000001;;ABO-FIBRE;3;;2026-01-01;\n", "abonnements-2.csv")
    assert again.plan["create"] == again.plan["update"] == 0 and told(again) == [(4, "exchange.key-twice")]
    moved = act(send("référence;produit;client;depuis;quantité\nA-1;MES;C000001;2026-03-01;3\n", "achats.csv"), "apply")
    first.refresh_from_db()
    assert (first.product.code, first.starts_on, first.quantity) == ("MES", dt.date(2026, 3, 1), 3)
    act(moved, "undo")
    first.refresh_from_db()
    assert (first.product.code, first.starts_on, first.quantity) == ("ABO-FIBRE", dt.date(2026, 1, 1), 2)
    act(file, "undo")
    assert not Purchase.objects.exists()


def test_what_is_wrong_costs_its_line_alone(sold, send, act):  # noqa: F811
    other = people.line(None, "Paul", number="299")
    file = send(
        "client;ligne;produit;quantité;depuis;jusqu’au\nC000009;;MES;1;2026-01-01;\nC000001;;RIEN;1;2026-01-01;\n"
        "C000001;;MES;beaucoup;2026-01-01;\nC000001;;MES;1;32/01/2026;\nC000001;;MES;1;2026-02-01;2026-01-01\n"
        "C000001;299;MES;1;2026-01-01;\nC000001;;MES;-1;2026-01-01;\nC000001;;MES;1;2026-01-01;\n", "achats.csv",
    )  # fmt: skip
    assert {line for line, _code in told(file)} == {2, 3, 4, 5, 6, 7, 8}
    assert (7, "sold.line-not-held") in told(file)
    act(file, "apply")
    assert Purchase.objects.count() == 1 and not other.purchases.exists()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_the_lists_export_is_read_back_and_changes_nothing(sold, send, act, alice, language):  # noqa: F811
    act(
        send("client;ligne;produit;depuis\nC000001;201;MES;2026-02-15\nC000001;;ABO-FIBRE;2026-01-01\n", "achats.csv"),
        "apply",
    )
    alice.language = language
    alice.save()
    for entity, kind in (("product", "products"), ("price", "prices"), ("purchase", "purchases")):
        answer = sold.get(f"/billing/{entity}/export.csv?scope=all", HTTP_ACCEPT_LANGUAGE=language)
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        file = send(text, f"{kind}.csv", kind=kind)
        assert (file.kind, told(file)) == (kind, [])
        assert (file.plan["create"], file.plan["update"]) == (0, 0), [c.summary() for c in file.changes.all()]


def test_a_partner_touches_its_own_only(sold, send, bruno):  # noqa: F811
    bruno.roles.set([hands.partner_role(facturation=3, clients=2, fichiers=2)])
    bruno.forget_rights()
    sold.force_login(bruno)
    file = send(PRICES, "prix.csv", kind="prices")
    assert file.plan.get("create", 0) == 0 and len(told(file)) == 2
    assert send(PRODUCTS, "produits.csv").plan["create"] == 2, "the codes of the house are not theirs"
