"""What customers of the demonstration pay: products, purchases, one month issued and partly paid, the next one as drafts to check."""

import datetime as dt
from decimal import Decimal

from django.utils import translation

from chappe.apps.billing import services as billing
from chappe.apps.billing.models import Bundle, Discount, Invoice, Product, ProductPrice, Purchase, Run
from chappe.apps.customers.models import Customer
from chappe.apps.parties.models import Operator
from chappe.apps.payments import mandates
from chappe.apps.payments import services as payments
from chappe.core.base.money import NANO
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending

#: code → (name, section, period, price in euros, cost in euros)
PRODUCTS = {
    "POSTE": ("Abonnement poste IP", "subscriptions", "month", "9.90", "4.20"),
    "LIGNE": ("Abonnement ligne professionnelle", "subscriptions", "month", "14.50", "7.10"),
    "FIBRE": ("Accès fibre professionnel", "subscriptions", "month", "39.00", "21.50"),
    "TEL": ("Location de téléphone IP", "options", "month", "4.50", "2.10"),
    "FORFAIT": ("Forfait fixe et mobile, 5 heures", "options", "month", "12.00", "0"),
    "MES": ("Mise en service", "one_off", "once", "59.00", "25.00"),
}


@translation.override("fr")
def build(*, actor: Actor, operator: Operator, since: dt.date, month: dt.date) -> None:
    """``month`` is the last whole month: it stays as drafts; the one before is issued. A second run adds nothing."""
    if Product.objects.filter(owner=operator).exists():
        return
    products = {code: _product(actor, operator, code, since) for code in PRODUCTS}
    bundle = {
        "product": products["FORFAIT"],
        "name": "5 heures vers fixes et mobiles",
        "kinds": ["national", "mobile"],
        "minutes": 300,
    }
    billing.create(actor=actor, model=Bundle, data={**bundle, "is_shared": True})
    customers = {customer.name: customer for customer in Customer.objects.filter(owner=operator)}
    for customer in customers.values():
        _purchases(actor, customer, products, since)
    _debited(actor, [customers["Boulangerie du Pont"], customers["Cabinet des Tanneurs"]], since)
    before = (month - dt.timedelta(days=1)).replace(day=1)
    _issue(actor, operator, before)
    _pay(actor, customers, month)
    _change(actor, customers, products, month)
    billing.create_run(
        actor=actor, month=month, owner=operator, issue_date=_first_after(month), name=f"Factures {month:%m/%Y}"
    )
    run_pending()


def _product(actor: Actor, operator: Operator, code: str, since: dt.date) -> Product:
    name, section, period, price, cost = PRODUCTS[code]
    data = {
        "owner": operator,
        "code": code,
        "name": name,
        "section": section,
        "period": period,
        "in_advance": period == "month",
    }
    product = billing.create(actor=actor, model=Product, data=data)
    prices = {"product": product, "starts_on": since, "price": _nano(price), "cost": _nano(cost)}
    billing.create(actor=actor, model=ProductPrice, data=prices)
    return product


def _nano(euros: str) -> int:
    return int(Decimal(euros) * NANO)


def _purchases(actor: Actor, customer: Customer, products: dict[str, Product], since: dt.date) -> None:
    lines = [row.line for row in customer.assignments.select_related("line").order_by("line__number")]
    extension = bool(lines) and lines[0].kind == "extension"
    for line in lines:
        _buy(actor, customer, products["POSTE" if extension else "LIGNE"], since, line=line)
        if extension:
            _buy(actor, customer, products["TEL"], since, line=line)
    if customer.kind != "private":
        _buy(actor, customer, products["FIBRE"], since)
    if len(lines) >= 4:
        _buy(actor, customer, products["FORFAIT"], since)
    if customer.kind == "public":
        discount = {
            "customer": customer,
            "name": "Remise marché public",
            "target": "all",
            "percent": Decimal(8),
            "starts_on": since,
        }
        billing.create(actor=actor, model=Discount, data=discount)


def _buy(actor: Actor, customer: Customer, product: Product, day: dt.date, **more: object) -> None:
    billing.create(
        actor=actor, model=Purchase, data={"customer": customer, "product": product, "starts_on": day, **more}
    )


def _debited(actor: Actor, customers: list[Customer], since: dt.date) -> None:
    for customer in customers:
        mandate = mandates.create(
            actor=actor, data={"customer": customer, "holder": customer.name, "iban": "FR7630006000011234567890189"}
        )
        mandates.activate(actor=actor, mandate=mandate, signed_on=since, place=customer.city)


def _issue(actor: Actor, operator: Operator, month: dt.date) -> None:
    run = billing.create_run(
        actor=actor, month=month, owner=operator, issue_date=_first_after(month), name=f"Factures {month:%m/%Y}"
    )
    run_pending()
    run.refresh_from_db()
    billing.check(actor=actor, run=run)
    billing.freeze(actor=actor, run=Run.objects.get(pk=run.pk))
    run_pending()


def _first_after(month: dt.date) -> dt.date:
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def _pay(actor: Actor, customers: dict[str, Customer], month: dt.date) -> None:
    """Two have paid, one a part; the others have not."""
    for name, share in (("Clinique des Salines", 1), ("Fruitière de Poligny", 1), ("Garage de la Loue", 2)):
        invoice = Invoice.objects.filter(customer=customers[name], state=Invoice.State.ISSUED).first()
        if invoice is not None:
            amount = invoice.gross // share // 10_000_000 * 10_000_000
            payments.record(
                actor=actor,
                customer=customers[name],
                amount=amount,
                day=month.replace(day=20),
                reference=f"VIR {invoice.number}",
            )


def _change(actor: Actor, customers: dict[str, Customer], products: dict[str, Product], month: dt.date) -> None:
    """What moves between the two months, so that the drafts have something to compare."""
    _buy(actor, customers["Garage de la Loue"], products["MES"], month.replace(day=12), quantity=Decimal(2))
    _buy(actor, customers["Fruitière de Poligny"], products["FORFAIT"], month.replace(day=16))
