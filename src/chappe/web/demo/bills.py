"""What customers of the demonstration pay: products, purchases, months issued and paid as people pay, the last one as drafts to check."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils import translation

from chappe.apps.billing import credits
from chappe.apps.billing import services as billing
from chappe.apps.billing.models import Bundle, Discount, Invoice, Product, ProductPrice, Purchase, Run
from chappe.apps.customers.models import Customer
from chappe.apps.parties.models import Operator
from chappe.apps.payments import mandates
from chappe.apps.payments import services as payments
from chappe.core.base.money import NANO
from chappe.core.billing.periods import add_months
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending


@dataclass(frozen=True)
class Sold:
    """A product of the demonstration; prices and costs in euros."""

    name: str
    section: str
    period: str
    price: str
    cost: str
    nature: str = "retail"


PRODUCTS = {
    "POSTE": Sold("Abonnement poste IP", "subscriptions", "month", "9.90", "4.20"),
    "LIGNE": Sold("Abonnement ligne professionnelle", "subscriptions", "month", "14.50", "7.10"),
    "FIBRE": Sold("Accès fibre professionnel", "subscriptions", "month", "39.00", "21.50"),
    "TEL": Sold("Location de téléphone IP", "options", "month", "4.50", "2.10"),
    "FORFAIT": Sold("Forfait fixe et mobile, 5 heures", "options", "month", "12.00", "0"),
    "MES": Sold("Mise en service", "one_off", "once", "59.00", "25.00"),
    "ROUTEUR": Sold("Routeur fibre, vendu", "one_off", "once", "129.00", "84.00", "goods"),
}
#: What the house sells to operators, for resale: the buyer pays the VAT.
WHOLESALE = {
    "ACCES": Sold("Accès fibre activé, livraison régionale", "subscriptions", "month", "13.50", "6.20", "wholesale"),
    "PORTE": Sold("Porte de collecte 10 Gbit/s", "subscriptions", "month", "420.00", "180.00", "wholesale"),
}
LATE = ("Garage de la Loue", "Fruitière de Poligny")  # who has not paid the last month of the past


@translation.override("fr")
def build(*, actor: Actor, operator: Operator, since: dt.date, month: dt.date) -> None:
    """``month`` is the last whole month: it stays as drafts; those from ``since`` on are issued. A second run adds nothing."""
    if Product.objects.filter(owner=operator).exists():
        return
    products = {code: _product(actor, operator, code, sold, since) for code, sold in PRODUCTS.items()}
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
    before = add_months(month, -1)
    _buy(actor, customers["Gîtes du Piton"], products["ROUTEUR"], before.replace(day=9))
    at = since
    while at < before:
        _issue(actor, operator, at)
        _paid_by_most(actor, operator, at, LATE if add_months(at, 1) == before else ())
        at = add_months(at, 1)
    _credit(actor, customers["Mairie de Salins"], add_months(before, -1))
    _issue(actor, operator, before)
    _pay(actor, customers, month)
    _change(actor, customers, products, month)
    _draft(actor, operator, month)
    _wholesale(actor, before, month)
    run_pending()


def _product(actor: Actor, operator: Operator | None, code: str, sold: Sold, since: dt.date) -> Product:
    data = {
        "owner": operator,
        "code": code,
        "name": sold.name,
        "section": sold.section,
        "period": sold.period,
        "nature": sold.nature,
        "in_advance": sold.period == "month" and sold.nature == "retail",
    }
    product = billing.create(actor=actor, model=Product, data=data)
    prices = {"product": product, "starts_on": since, "price": _nano(sold.price), "cost": _nano(sold.cost)}
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


def _draft(actor: Actor, operator: Operator | None, month: dt.date) -> Run:
    run = billing.create_run(
        actor=actor, month=month, owner=operator, issue_date=add_months(month, 1), name=f"Factures {month:%m/%Y}"
    )
    run_pending()
    run.refresh_from_db()
    return run


def _issue(actor: Actor, operator: Operator | None, month: dt.date) -> None:
    run = _draft(actor, operator, month)
    billing.check(actor=actor, run=run)
    billing.freeze(actor=actor, run=Run.objects.get(pk=run.pk))
    run_pending()


def _paid_by_most(actor: Actor, operator: Operator, month: dt.date, late: tuple[str, ...]) -> None:
    """An earlier month: whoever is debited by debit, the others by transfer; ``late``: the first paid half, the others nothing."""
    day = add_months(month, 1).replace(day=24)
    for invoice in Invoice.objects.filter(owner=operator, state=Invoice.State.ISSUED, month=month).order_by("pk"):
        customer = invoice.customer
        if customer.name in late[1:]:
            continue
        amount = invoice.gross if customer.name not in late else invoice.gross // 20_000_000 * 10_000_000
        means = "debit" if customer.payment_means == Customer.Means.SEPA else "transfer"
        payments.record(
            actor=actor,
            customer=customer,
            amount=amount,
            day=day,
            means=means,
            reference=f"{'PRLV' if means == 'debit' else 'VIR'} {invoice.number}",
            parts=[(invoice, amount)],
        )


def _credit(actor: Actor, customer: Customer, month: dt.date) -> None:
    """The fibre of the town hall was cut for five days: a part of its subscription is given back."""
    invoice = Invoice.objects.filter(customer=customer, state=Invoice.State.ISSUED, month=month).first()
    line = invoice.lines.filter(label=PRODUCTS["FIBRE"].name).first() if invoice is not None else None
    if invoice is None or line is None:
        return
    made = credits.credit(
        actor=actor,
        invoice=invoice,
        reason="Coupure de l’accès fibre pendant cinq jours",
        issue_date=add_months(month, 1).replace(day=12),
        amounts={line.pk: _nano("6.50")},
    )
    billing.issue(actor=actor, invoice=made)


def _pay(actor: Actor, customers: dict[str, Customer], month: dt.date) -> None:
    """The last issued month: two have paid, one a part; the others have not."""
    for name, share in (("Clinique des Salines", 1), ("Cabinet des Tanneurs", 1), ("Mairie de Salins", 2)):
        invoice = customers[name].invoices.filter(state=Invoice.State.ISSUED, kind=Invoice.Kind.INVOICE).first()
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
    """What moves between the last two months, so that the drafts have something to compare."""
    _buy(actor, customers["Garage de la Loue"], products["MES"], month.replace(day=12), quantity=Decimal(2))
    _buy(actor, customers["Fruitière de Poligny"], products["FORFAIT"], month.replace(day=16))


def _wholesale(actor: Actor, before: dt.date, month: dt.date) -> None:
    """What the house sells to its operator: one month issued, the next one as a draft."""
    buyer = Customer.objects.filter(owner=None, kind=Customer.Kind.OPERATOR).first()
    if buyer is None:
        return
    products = {code: _product(actor, None, code, sold, before) for code, sold in WHOLESALE.items()}
    _buy(actor, buyer, products["ACCES"], before, quantity=Decimal(48))
    _buy(actor, buyer, products["PORTE"], before)
    _issue(actor, None, before)
    _draft(actor, None, month)
