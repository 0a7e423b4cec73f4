"""How a customer is debited, told to billing: the mandate, the creditor and the account that an invoice must show."""

from django.utils import timezone

from chappe.apps.billing.documents import Debit
from chappe.apps.customers import queries as customers
from chappe.apps.customers.models import Customer
from chappe.apps.payments import mandates, queries


def debit_of(customer: Customer) -> Debit | None:
    """None when the customer has no mandate that may serve today: it then pays by transfer."""
    mandate, brand = queries.mandate_of(customer), customers.brand_of(customer)
    if mandate is None or brand is None or not brand.ics or mandates.is_lapsed(mandate, timezone.localdate()):
        return None
    return Debit(iban=mandate.iban_masked, mandate=mandate.rum, creditor_id=brand.ics)
