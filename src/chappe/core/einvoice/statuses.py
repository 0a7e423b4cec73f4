"""The fourteen statuses of an electronic invoice's life (XP Z12-012), as data. Four of them must reach the tax office."""

from dataclasses import dataclass

from chappe.core.base.lang import N_

PLATFORM, BUYER, SELLER = "platform", "buyer", "seller"


@dataclass(frozen=True, slots=True)
class Status:
    """One status. ``by``: who gives it; ``compulsory``: must be told to the tax office; ``final``: nothing follows."""

    code: int
    label: str
    meaning: str
    by: str
    tone: str
    compulsory: bool = False
    final: bool = False
    needs_reason: bool = False


STATUSES = {
    row.code: row
    for row in (
        Status(200, N_("Deposited"), N_("The platform of the seller has accepted the invoice."), PLATFORM, "run", True),
        Status(201, N_("Sent by the platform"), N_("It has left for the platform of the customer."), PLATFORM, "run"),
        Status(202, N_("Received by the platform"), N_("The platform of the customer has it."), PLATFORM, "run"),
        Status(203, N_("Made available"), N_("The customer can read it."), PLATFORM, "run"),
        Status(204, N_("Taken in hand"), N_("The customer is dealing with it."), BUYER, "run"),
        Status(205, N_("Approved"), N_("The customer agrees with it."), BUYER, "ok"),
        Status(206, N_("Approved in part"), N_("The customer agrees with a part."), BUYER, "warn", needs_reason=True),
        Status(207, N_("Disputed"), N_("The customer contests it."), BUYER, "warn", needs_reason=True),
        Status(208, N_("Suspended"), N_("The customer waits for a document."), BUYER, "wait", needs_reason=True),
        Status(209, N_("Completed"), N_("The document asked for has been given."), SELLER, "run"),
        Status(210, N_("Refused"), N_("The customer refuses it."), BUYER, "bad", True, True, True),
        Status(211, N_("Payment sent"), N_("The customer has ordered the payment."), BUYER, "ok"),
        Status(212, N_("Paid"), N_("The seller has received a payment."), SELLER, "ok", True),
        Status(213, N_("Rejected"), N_("A platform has found it not valid."), PLATFORM, "bad", True, True, True),
    )
}
FIRST, REFUSED, PAID, REJECTED = 200, 210, 212, 213
COMPULSORY = frozenset(code for code, row in STATUSES.items() if row.compulsory)
FINAL = frozenset(code for code, row in STATUSES.items() if row.final)
