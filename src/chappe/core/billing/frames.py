"""The frame of an invoice (*cadre de facturation*, BT-23): goods, services or both, and whether it is paid already.

Codes of XP Z12-012, closed list of BR-FR-08. The letter is the category of the operation that decree 2022-1299 wants
on the invoice. Deposits (B4, S4, M4), subcontractors (S5) and the frames of intermediaries are not made here: no
document of the house is a deposit invoice or follows one.
"""

from collections.abc import Iterable

from chappe.core.billing.document import Line

GOODS, SERVICES, MIXED = "B", "S", "M"
PLAIN, PAID_ALREADY = "1", "2"


def category_of(lines: Iterable[Line]) -> str:
    """B, S or M. Lines of no amount say nothing; a document without any is one of services."""
    kinds = {line.is_goods for line in lines if line.net}
    if kinds == {True, False}:
        return MIXED
    return GOODS if kinds == {True} else SERVICES


def frame_of(lines: Iterable[Line], *, gross: int = 0, paid: int = 0) -> str:
    """The whole code. “Paid already” wants the whole total paid (BR-FR-CO-09); amounts in nano."""
    return category_of(lines) + (PAID_ALREADY if gross > 0 and paid == gross else PLAIN)
