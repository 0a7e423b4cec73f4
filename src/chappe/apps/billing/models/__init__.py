"""The tables of billing: what is sold, who bought it, runs and invoices, the journal. Data only; verbs are elsewhere."""

from chappe.apps.billing.models.catalogue import Bundle, Product, ProductPrice
from chappe.apps.billing.models.invoices import BilledLine, Invoice, Parked, Run, Series, SeriesYear
from chappe.apps.billing.models.journal import Archive, CheckTick, JournalEntry, JournalHead
from chappe.apps.billing.models.purchases import Commitment, Discount, Purchase

__all__ = [
    "Archive",
    "BilledLine",
    "Bundle",
    "CheckTick",
    "Commitment",
    "Discount",
    "Invoice",
    "JournalEntry",
    "JournalHead",
    "Parked",
    "Product",
    "ProductPrice",
    "Purchase",
    "Run",
    "Series",
    "SeriesYear",
]
