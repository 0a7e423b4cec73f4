"""Rows of the billing app for the contract tests, and the small world that its own tests invoice."""

import datetime as dt
import itertools
from typing import Any
from uuid import uuid4

import pyarrow as pa

from chappe.apps.billing.models import (
    Archive,
    BilledLine,
    Bundle,
    CheckTick,
    Commitment,
    Discount,
    Invoice,
    JournalEntry,
    Parked,
    Product,
    ProductPrice,
    Purchase,
    Run,
    Series,
    SeriesYear,
)
from chappe.apps.customers.models import Brand, Customer
from chappe.apps.usage import lake
from chappe.apps.usage.models import UsageBatch
from chappe.core.base.money import to_nano
from tests.support import rows_customers as people

_serial = itertools.count(1)
DAY = dt.date(2026, 10, 1)


def product(owner: Any, mark: str, **more: Any) -> Product:
    values = {"code": f"{mark}-{next(_serial)}", "name": mark} | more
    return Product.objects.create(owner=owner, **values)


def price(owner: Any, mark: str, **more: Any) -> ProductPrice:
    values = {"product": None, "starts_on": dt.date(2020, 1, 1), "price": to_nano("10")} | more
    values["product"] = values["product"] or product(owner, mark)
    return ProductPrice.objects.create(**values)


def bundle(owner: Any, mark: str) -> Bundle:
    return Bundle.objects.create(product=product(owner, mark), name=mark, kinds=["mobile"], minutes=60)


def purchase(owner: Any, mark: str) -> Purchase:
    return Purchase.objects.create(
        customer=people.customer(owner, mark), product=product(owner, mark), label=mark, starts_on=DAY
    )


def discount(owner: Any, mark: str) -> Discount:
    return Discount.objects.create(customer=people.customer(owner, mark), name=mark, percent=10, starts_on=DAY)


def commitment(owner: Any, mark: str) -> Commitment:
    return Commitment.objects.create(customer=people.customer(owner, mark), name=mark, amount=1, starts_on=DAY)


def series(owner: Any, mark: str) -> Series:
    return Series.objects.create(owner=owner, code=f"{mark}{next(_serial)}", name=mark, prefix=f"{mark}{next(_serial)}")


def series_year(owner: Any, mark: str) -> SeriesYear:
    return SeriesYear.objects.create(series=series(owner, mark), year=2026)


def run(owner: Any, mark: str) -> Run:
    return Run.objects.create(owner=owner, name=mark, month=DAY, issue_date=DAY, series=series(owner, mark))


def invoice(owner: Any, mark: str, **more: Any) -> Invoice:
    values = {"series": series(owner, mark), "issue_date": DAY, "month": DAY, "reason": mark} | more
    return Invoice.objects.create(owner=owner, customer=people.customer(owner, mark), **values)


def billed_line(owner: Any, mark: str) -> BilledLine:
    held = invoice(owner, mark)
    return BilledLine.objects.create(invoice=held, customer=held.customer, key=f"manual:{mark}", label=mark)


def parked(owner: Any, mark: str) -> Parked:
    held = run(owner, mark)
    return Parked.objects.create(run=held, customer=people.customer(owner, mark), code="by_hand", sentence_by_hand=mark)


def journal_entry(owner: Any, mark: str) -> JournalEntry:
    place = next(_serial) + 1_000_000
    return JournalEntry.objects.create(
        owner=owner, chain=f"t{owner.pk if owner else 0}", position=place, kind="event", reference=mark,
        previous="0" * 64, sha256=uuid4().hex * 2,
    )  # fmt: skip


def archive(owner: Any, mark: str) -> Archive:
    return Archive.objects.create(owner=owner, first_day=DAY, last_day=DAY, last_sha256=mark)


def tick(owner: Any, mark: str) -> CheckTick:
    return CheckTick.objects.create(owner=owner, month=DAY, step=mark[:20], note=mark)


FACTORIES = {
    Archive: archive,
    BilledLine: billed_line,
    Bundle: bundle,
    CheckTick: tick,
    Commitment: commitment,
    Discount: discount,
    Invoice: invoice,
    JournalEntry: journal_entry,
    Parked: parked,
    Product: product,
    ProductPrice: price,
    Purchase: purchase,
    Run: run,
    Series: series,
    SeriesYear: series_year,
}


# -- the small world -----------------------------------------------------------------------------------------------
def seller(owner: Any = None, **more: Any) -> Brand:
    """A complete seller, used by default."""
    values = {
        "slug": f"vendeur-{next(_serial)}", "name": "Sémaphore", "is_default": True, "legal_name": "Sémaphore Télécom",
        "legal_form": "SAS au capital de 50 000 €", "rcs": "RCS Lyon", "siren": "552100554", "vat_number": "FR96552100554",
        "line1": "1 quai du Télégraphe", "postal_code": "69001", "city": "Lyon", "email": "factures@semaphore.example",
        "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP",
    }  # fmt: skip
    return Brand.objects.create(owner=owner, **(values | more))


def buyer(owner: Any = None, name: str = "Boulangerie Denis", **more: Any) -> Customer:
    """A complete company of metropolitan France."""
    values = {
        "siren": "732829320", "vat_number": "FR44732829320", "line1": "2 rue du Four", "postal_code": "39100", "city": "Dole",
        "invoice_emails": "compta@denis.example",
    }  # fmt: skip
    return people.customer(owner, name, **(values | more))


def batch_of_calls(owner: Any = None, **more: Any) -> UsageBatch:
    """A batch that counts, without any call yet."""
    from tests.support.rows import make

    made = make(UsageBatch, owner)
    UsageBatch.objects.filter(pk=made.pk).update(state=UsageBatch.State.READY, **more)
    made.refresh_from_db()
    return made


def put_calls(batch: UsageBatch, calls: list[dict[str, Any]], uid: str = "") -> None:
    """Rated calls into the lake. A call: customer, start (UTC), seconds, price (text of euros), and any column more."""
    rows = []
    for place, call in enumerate(calls, start=1):
        row = dict.fromkeys(lake.SCHEMA.names)
        row |= dict.fromkeys(
            ("call_id", "tenant", "tor", "category", "direction", "subject", "account", "reason", "rate"), ""
        )
        row |= {
            "batch": batch.pk, "line": call.pop("line", place), "destination": call.pop("number", "33612345678"),
            "start": call.pop("start"), "usage": call.pop("seconds", 60) * 1_000_000, "status": call.pop("status", "RATED"),
            "total": to_nano(call.pop("price", "0")), "service": to_nano(call.pop("service", "0")), "kind": "mobile", "way": "out",
            "matched_destination": "France mobile", "matched_prefix": "336", "plan_version": "1", "utc_offset": 0,
            "cost": 0, "connect_fee": 0, "billed": 0, "pieces": 1,
        }  # fmt: skip
        row |= call
        row["month"] = f"{row['start']:%Y-%m}"
        rows.append(row)
    lake.commit(uid or uuid4().hex, [pa.RecordBatch.from_pylist(rows, schema=lake.SCHEMA)])
