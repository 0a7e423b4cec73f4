"""Money that two files may both tell: the day's CSV and the month's camt.053, a camt.052 and a camt.053. Reads only.

A table that goes over days already read is another matter (``tables.py``): there the very same lines come again. Here the
words differ from file to file, so nothing is dropped: what looks alike waits for a person, who says whether it is the same.
"""

import re
from collections import defaultdict

from chappe.apps.payments.accounts import fingerprints
from chappe.apps.payments.models import BankStatement, Movement
from chappe.apps.payments.tables import TABLES
from chappe.core.sepa.statement import Movement as Read
from chappe.core.sepa.statement import Statement

_WORD = re.compile(r"[A-Z0-9]{4,}")
#: Words of banks that say nothing of who paid what.
_COMMON = frozenset({
    "NOTPROVIDED", "VIREMENT", "VIREMENTS", "FACTURE", "FACTURES", "PAIEMENT", "PAYMENT", "REGLEMENT", "INSTANTANE", "INST", "RECU",
    "RECUS", "SEPA", "PRELEVEMENT", "REMISE", "CHEQUE", "CHEQUES", "CARTE", "BANCAIRE", "MADAME", "MONSIEUR", "SARL", "SASU", "EURL",
    "TRANSFER", "INVOICE",
})  # fmt: skip


class Twins:
    """The movements of earlier files of the same account, each the twin of one movement at most."""

    def __init__(self, row: BankStatement, read: Statement) -> None:
        self.by_fact: dict[tuple[object, int], list[Movement]] = defaultdict(list)
        days = [move.booked for move in read.movements]
        if not read.iban or not days:
            return
        earlier = Movement.objects.filter(
            statement__owner=row.owner,
            statement__iban_key__in=fingerprints(read.iban),
            day__range=(min(days), max(days)),
        )
        earlier = earlier.exclude(statement=row.pk).exclude(statement__state=BankStatement.State.UNDONE)
        if re.match(TABLES, row.identity):
            earlier = earlier.exclude(statement__identity__regex=TABLES)  # a table knows its own lines
        for one in earlier.exclude(state=Movement.State.UNDONE).order_by("pk"):
            self.by_fact[one.day, one.amount].append(one)

    def of(self, move: Read) -> Movement | None:
        """The earlier movement that is probably this one: the same booking day and amount, and nothing in their words against it."""
        known = self.by_fact.get((move.booked, move.amount), [])
        told = words(move.end_to_end, move.reference, move.text, move.name)
        for one in known:
            before = words(one.end_to_end, one.text, one.name)
            if not told or not before or told & before:
                known.remove(one)
                return one
        return None


def words(*texts: str) -> set[str]:
    """What of some texts tells a payment from another: words of four letters or digits, without those of every transfer.

    >>> sorted(words("VIR INST RECU de Perrard", "F2026-000010"))
    ['000010', 'F2026', 'PERRARD']
    """
    return set(_WORD.findall(" ".join(texts).upper())) - _COMMON
