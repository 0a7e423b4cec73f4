"""Documents of invoices share the right of billing: whoever may read an invoice may have its files."""

from chappe.apps.billing.access import AREA

__all__ = ["AREA"]
