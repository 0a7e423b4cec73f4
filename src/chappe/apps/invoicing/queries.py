"""Reads of invoicing: the look of a brand, the document and detail of an invoice, its files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from chappe.apps.billing import detail
from chappe.apps.billing.checklist import Sending
from chappe.apps.billing.models import Invoice, Run
from chappe.apps.customers.models import Brand, Customer
from chappe.apps.invoicing.models import IssuedFile, Production
from chappe.connectors.einvoice.look import Look
from chappe.connectors.einvoice.platform import FolderPlatform, PlatformPort
from chappe.core.billing.document import CallRow, Document
from chappe.core.einvoice.statuses import REFUSED, REJECTED
from chappe.kit.ops.config import value
from chappe.kit.screens import registry

FOLDER = "folder"
#: layout keys that the layout page may change
LAYOUT_CODE = "transfer_code"


def look_of(brand: Brand | None) -> Look:
    """How the documents of a brand look; the house's plain look without one."""
    if brand is None:
        return Look()
    logo = b""
    if brand.logo is not None:
        with brand.logo.open() as file:
            logo = file.read()
    return Look(
        name=brand.name,
        colour=brand.colour,
        accent=brand.accent,
        logo=logo,
        header=brand.header_text,
        footer=brand.footer_text,
        code=bool(brand.layout.get(LAYOUT_CODE, True)),
    )


def brand_of(invoice: Invoice, document: Document) -> Brand | None:
    """The brand that the document names, else the customer's."""
    if document.brand:
        return Brand.objects.select_related("logo").filter(slug=document.brand).first()
    return invoice.customer.brand


def document_of(invoice: Invoice) -> Document:
    """The frozen document; of a draft, what it would be, called so."""
    document = invoice.read_document()
    return document if document.number else replace(document, number=_("DRAFT"))


def calls_of(invoice: Invoice, document: Document) -> list[CallRow] | None:
    """The whole detail when the document carries only a part of it; None when it carries all."""
    if document.calls_total <= len(document.calls):
        return None
    return list(detail.rows(invoice))


def files_of(invoice: Invoice) -> list[IssuedFile]:
    return list(IssuedFile.objects.filter(invoice=invoice).select_related("stored"))


def production_of(invoice: Invoice) -> Production | None:
    return Production.objects.filter(invoice=invoice).select_related("mail", "deposit").first()


def sending_of(run: Run) -> Sending:
    """How far the issued invoices of a run are: mailed or deposited, to be handed over, waiting, held back and why."""
    told = Sending()
    rows = Production.objects.filter(invoice__run=run).select_related("invoice__customer", "mail", "deposit")
    for row in rows.defer("invoice__document").order_by("invoice__number"):
        name, url = str(row.invoice.customer.name), registry.object_url(row.invoice)
        if row.state in {Production.State.BLOCKED, Production.State.FAILED}:
            told.troubles.append((name, url, row.first_sentence()))
        elif row.mail is not None and row.mail.state in {"failed", "bounced"}:
            told.troubles.append((name, url, f"{row.mail_state()} {row.mail.answer}".strip()))
        elif row.deposit is not None and row.deposit.status in {REFUSED, REJECTED}:
            told.troubles.append((name, url, row.platform_state()))
        elif row.deposit is not None or (row.mail is not None and row.mail.state == "sent"):
            told.sent += 1
        elif row.is_ready and row.mail is None and row.invoice.customer.delivery == Customer.Delivery.HAND:
            told.by_hand += 1
        else:
            told.waiting += 1
    return told


def owner_where(owner: Any) -> Q:
    """Rows of a seller; None is the house."""
    return Q(owner=owner) if owner is not None else Q(owner=None)


def platform_folder() -> Path:
    """Where the folder platform stands."""
    return Path(value("DATA")) / "platform"


def platform(name: str = FOLDER) -> PlatformPort:
    """The port of a platform. Raises KeyError for a name that no connector has taken."""
    if name != FOLDER:
        raise KeyError(name)
    return FolderPlatform(platform_folder())
