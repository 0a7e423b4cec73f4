"""What a movement of a statement is believed to be, how surely, and why. Reads only; a person or ``bank.py`` decides.

Rules, the surest first: our own reference comes back; the number of an invoice stands in the text; the account is known from a
mandate or from an accepted movement; the name is that of one customer; the amount is that of one open invoice.
"""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from chappe.apps.billing.models import Invoice
from chappe.apps.customers.models import Customer
from chappe.apps.payments import queries
from chappe.apps.payments.accounts import fingerprints
from chappe.apps.payments.models import Collection, Debit, Mandate, Movement
from chappe.core.sepa.statement import Movement as Read

#: From this confidence on a proposal is accepted by itself.
SURE = 90
WHYS: dict[str, Any] = {
    "returned": _("the bank returned a debit of ours"),
    "debit": _("reference of a debit of ours"),
    "collection": _("reference of a collection of ours"),
    "collection-total": _("amount of a collection of that day"),
    "numbers": _("numbers of invoices and their exact amount"),
    "numbers-part": _("number of an invoice, another amount"),
    "account-amount": _("account of the customer and exact amount of one invoice"),
    "account-total": _("account of the customer and all it owes"),
    "account": _("account of the customer, another amount"),
    "name-amount": _("name of the customer and exact amount of one invoice"),
    "name-total": _("name of the customer and all it owes"),
    "name": _("name of the customer, another amount"),
    "amount": _("exact amount of one open invoice, of nobody else"),
    "hand": _("chosen by a person"),
}
Kind = Movement.Means
_FORMS = re.compile(
    r"\b(sarl|sas|sasu|sa|eurl|sci|scp|selarl|snc|ste|societe|monsieur|madame|mme|mlle|m|mr|et|les|le|la)\b"
)


@dataclass(frozen=True)
class Proposal:
    """``plan``: (invoice pk, nano). Confidence 0: nothing is known."""

    kind: str = Kind.NONE
    customer: int | None = None
    plan: tuple[tuple[int, int], ...] = ()
    confidence: int = 0
    why: str = ""
    debit: int | None = None
    collection: int | None = None


@dataclass
class Known:
    """The open invoices of one customer, the oldest first."""

    pk: int
    invoices: list[Any] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(invoice.open for invoice in self.invoices)


def bare(text: str) -> str:
    """A name without accents, signs, legal forms and titles, its words in order: “SARL Dupont & Fils” = “DUPONT FILS”."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    joined = re.sub(r"\b(?:[a-z]\.){2,}", lambda found: found.group().replace(".", ""), plain)  # s.a.r.l. is sarl
    words = re.sub(r"[^a-z0-9]+", " ", joined)
    return " ".join(sorted(_FORMS.sub(" ", words).split()))


def squeezed(text: str) -> str:
    """Letters and digits alone, in capitals: banks cut and space the numbers that people type."""
    return re.sub(r"[^A-Z0-9]+", "", text.upper())


class Matcher:
    """What is known of the customers of ``owner``, read once for all the movements of a file."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.by_customer: dict[int, Known] = {}
        self.by_number: dict[str, Any] = {}
        self.by_amount: dict[int, list[Any]] = defaultdict(list)
        for invoice in queries.open_invoices(owner=owner):
            self.by_customer.setdefault(invoice.customer_id, Known(invoice.customer_id)).invoices.append(invoice)
            self.by_number[squeezed(invoice.number or "")] = invoice
            self.by_amount[invoice.open].append(invoice)
        self.names: dict[str, set[int]] = defaultdict(set)
        for pk, name in Customer.objects.filter(owner=owner).values_list("pk", "name"):
            self.names[bare(name)].add(pk)
        self.accounts: dict[str, set[int]] = defaultdict(set)
        for key, pk in Mandate.objects.filter(owner=owner).exclude(iban_key="").values_list("iban_key", "customer"):
            self.accounts[key].add(pk)
        past = Movement.objects.filter(statement__owner=owner, state=Movement.State.APPLIED, kind=Kind.IN).exclude(
            iban_key=""
        )
        for key, pk in past.values_list("iban_key", "customer").distinct():
            self.accounts[key].add(pk)
        sent = Collection.objects.filter(owner=owner, state=Collection.State.SENT)
        self.sent = [(one, _under_way(one)) for one in sent]
        #: what earlier movements of the same file already take of an invoice
        self.taken: dict[int, int] = defaultdict(int)

    def match(self, move: Read) -> Proposal:
        """The best proposal; what it takes of the invoices is not offered to the next movements."""
        found = self._ours(move) or (self._payment(move) if move.amount > 0 else None) or Proposal()
        if found.confidence >= SURE:
            for pk, amount in found.plan:
                self.taken[pk] += amount
        return found

    def _ours(self, move: Read) -> Proposal | None:
        debit = None
        if move.end_to_end:
            debit = Debit.objects.filter(collection__owner=self.owner, end_to_end=move.end_to_end).first()
        if debit is not None and abs(move.amount) == debit.amount:
            if move.amount < 0 and debit.state in {Debit.State.SENT, Debit.State.PAID}:
                return Proposal(Kind.RETURN, debit.customer_id, (), 100, "returned", debit.pk, debit.collection_id)
            if move.amount > 0 and debit.state == Debit.State.SENT and not move.is_reversal:
                return Proposal(Kind.DEBIT, debit.customer_id, (), 100, "debit", debit.pk, debit.collection_id)
        return self._collection(move)

    def _collection(self, move: Read) -> Proposal | None:
        if move.amount <= 0:
            return None
        for one, total in self.sent:
            ours = bool(move.batch and one.message_id) and move.batch.startswith(one.message_id[:31])
            if ours and move.amount == total:
                return Proposal(Kind.COLLECTION, None, (), 100, "collection", None, one.pk)
        near = [
            one for one, total in self.sent if abs((move.booked - one.collect_on).days) <= 3 and move.amount == total
        ]
        if len(near) == 1 and not move.iban:
            return Proposal(Kind.COLLECTION, None, (), 70, "collection-total", None, near[0].pk)
        return None

    def _payment(self, move: Read) -> Proposal | None:
        return self._by_numbers(move) or self._by_account(move) or self._by_name(move) or self._by_amount(move)

    def _open(self, invoice: Any) -> int:
        return int(invoice.open) - self.taken[invoice.pk]

    def _by_numbers(self, move: Read) -> Proposal | None:
        text = squeezed(f"{move.end_to_end} {move.reference} {move.text}")
        named = [one for number, one in self.by_number.items() if len(number) >= 5 and _stands(number, text)]
        named = [one for one in named if self._open(one) > 0]
        if not named or len({one.customer_id for one in named}) > 1:
            return None
        if sum(self._open(one) for one in named) == move.amount:
            return Proposal(
                Kind.IN, named[0].customer_id, tuple((one.pk, self._open(one)) for one in named), 100, "numbers"
            )
        known = move.iban and named[0].customer_id in self._customers_of(move.iban)
        plan = self._spread(named, move.amount)
        return Proposal(Kind.IN, named[0].customer_id, plan, SURE if known else 75, "numbers-part")

    def _customers_of(self, iban: str) -> set[int]:
        return {pk for key in fingerprints(iban) for pk in self.accounts.get(key, ())}

    def _by_account(self, move: Read) -> Proposal | None:
        found = self._customers_of(move.iban)
        return self._of_customer(found, move, "account", (95, 95, 60)) if len(found) == 1 else None

    def _by_name(self, move: Read) -> Proposal | None:
        found = self.names.get(bare(move.name), set()) if bare(move.name) else set()
        return self._of_customer(found, move, "name", (80, 80, 40)) if len(found) == 1 else None

    def _of_customer(self, found: set[int], move: Read, how: str, sure: tuple[int, int, int]) -> Proposal | None:
        [pk] = found
        rows = [one for one in self.by_customer.get(pk, Known(pk)).invoices if self._open(one) > 0]
        exact = [one for one in rows if self._open(one) == move.amount]
        if len(exact) == 1:
            return Proposal(Kind.IN, pk, ((exact[0].pk, move.amount),), sure[0], f"{how}-amount")
        if rows and sum(self._open(one) for one in rows) == move.amount:
            return Proposal(Kind.IN, pk, self._spread(rows, move.amount), sure[1], f"{how}-total")
        return Proposal(Kind.IN, pk, self._spread(rows, move.amount), sure[2], how)

    def _by_amount(self, move: Read) -> Proposal | None:
        exact = [one for one in self.by_amount.get(move.amount, ()) if self._open(one) == move.amount]
        if len(exact) != 1:
            return None
        return Proposal(Kind.IN, exact[0].customer_id, ((exact[0].pk, move.amount),), 50, "amount")

    def _spread(self, rows: list[Any], amount: int) -> tuple[tuple[int, int], ...]:
        """The oldest first, as far as the money goes; what is left stays in credit."""
        plan = []
        for one in rows:
            part = min(amount, self._open(one))
            if part > 0:
                plan.append((one.pk, part))
                amount -= part
        return tuple(plan)


def _under_way(collection: Collection) -> int:
    return sum(collection.debits.filter(state=Debit.State.SENT).values_list("amount", flat=True))


def _stands(number: str, text: str) -> bool:
    """Whether an invoice's number stands in a text, and not as a part of a longer number."""
    at = text.find(number)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(number) : at + len(number) + 1]
        if not after.isdigit() and not (number[0].isdigit() and before.isdigit()):
            return True
        at = text.find(number, at + 1)
    return False


def invoices_of(movement: Movement) -> list[tuple[Invoice, int]]:
    """The plan of a movement with its invoices."""
    plan = {row["invoice"]: row["amount"] for row in movement.plan}
    rows = Invoice.objects.in_bulk(list(plan))
    return [(rows[pk], amount) for pk, amount in plan.items() if pk in rows]
