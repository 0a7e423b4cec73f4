"""Bank statements read: camt.053 (a day's statement), camt.052 (during the day), camt.054 (notices), versions .02 to .13.

Each booked entry becomes one movement a transaction, or one for the entry when the bank gives no details or they do not sum up.
Amounts are nano, positive when money came in. What is wrong is an Issue with the number of the entry as its line.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.base.lang import N_
from chappe.core.base.money import NANO, plain
from chappe.core.sepa import xml

declare(
    {
        "bank-amount": N_("The amount “{value}” of an entry cannot be read: the entry was left aside."),
        "bank-pending": N_("An entry of {amount} is not booked yet: it was left aside."),
        "bank-details": N_("The details of an entry sum up to {details}, not to its {amount}: it was kept whole."),
        "bank-balance": N_(
            "Balances do not agree: {opening} at the opening and {moved} moved make {expected}, the bank says {closing}."
        ),
        "bank-no-entry": N_("The file holds no booked movement."),
        "bank-no-date": N_("An entry has no date of booking: that of the statement was taken."),
    }
)

KINDS = {"BkToCstmrStmt": "Stmt", "BkToCstmrAcctRpt": "Rpt", "BkToCstmrDbtCdtNtfctn": "Ntfctn"}


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement. ``reason`` (AC04, MD01…) is set on a returned or refused debit; ``end_to_end`` then names ours.

    ``name`` and ``iban`` are the other party's. ``reference`` is a structured one (RF…), ``text`` what the payer wrote.
    """

    position: int
    booked: dt.date
    valued: dt.date | None
    amount: int
    currency: str
    name: str = ""
    iban: str = ""
    end_to_end: str = ""
    mandate: str = ""
    text: str = ""
    reference: str = ""
    reason: str = ""
    is_reversal: bool = False
    batch: str = ""
    number: int = 1
    bank_reference: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One account, one period. Balances in nano, None when the bank does not say."""

    identity: str
    iban: str
    currency: str
    first_day: dt.date | None
    last_day: dt.date | None
    opening: int | None
    closing: int | None
    movements: tuple[Movement, ...] = ()
    number: str = ""


@dataclass
class Reading:
    """What a file holds."""

    version: str = ""
    statements: list[Statement] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def read(data: bytes) -> Reading:
    """All statements of a file. Never raises for what the file contains."""
    reading = Reading()
    try:
        root = xml.parse(data)
    except xml.Unreadable as error:
        reading.issues.append(Issue(error.code, params=error.params))
        return reading
    reading.version = xml.version(root)
    kind = xml.kind(root)
    if kind not in KINDS:
        told = {"found": reading.version or kind, "expected": "camt.053"}
        reading.issues.append(Issue("bank-kind", params=told))
        return reading
    for node in xml.kids(root, kind, KINDS[kind]):
        reading.statements.append(_statement(node, reading.issues))
    if not any(statement.movements for statement in reading.statements):
        reading.issues.append(Issue("bank-no-entry", Severity.WARNING))
    return reading


def nano(written: str) -> int:
    """An ISO 20022 amount → nano. Raises ValueError; more than nine decimals or a sign are refused."""
    try:
        value = Decimal(written)
    except InvalidOperation as error:
        raise ValueError(written) from error
    scaled = value * NANO
    if not value.is_finite() or value < 0 or scaled != scaled.to_integral_value() or scaled >= 2**62:
        raise ValueError(written)
    return int(scaled)


def _statement(node: Any, issues: list[Issue]) -> Statement:
    account = xml.first(node, "Acct")
    last = xml.day(node, "FrToDt", "ToDtTm") or _balance_day(node, "CLBD") or xml.day(node, "CreDtTm")
    movements: list[Movement] = []
    total = 0
    for number, entry in enumerate(xml.kids(node, "Ntry"), 1):
        found = list(_entry(entry, number, len(movements), last, issues))
        movements += found
        total += sum(movement.amount for movement in found)
    opening, closing = _balance(node, "OPBD"), _balance(node, "CLBD")
    if opening is None:
        opening = _balance(node, "PRCD")
    if opening is not None and closing is not None and opening + total != closing:
        told = {
            "opening": plain(opening),
            "moved": plain(total),
            "expected": plain(opening + total),
            "closing": plain(closing),
        }
        issues.append(Issue("bank-balance", params=told))
    return Statement(
        identity=xml.text(node, "Id"),
        iban=xml.text(account, "Id", "IBAN") or xml.text(account, "Id", "Othr", "Id"),
        currency=xml.text(account, "Ccy") or "EUR",
        first_day=xml.day(node, "FrToDt", "FrDtTm"),
        last_day=last or max((movement.booked for movement in movements), default=None),
        opening=opening,
        closing=closing,
        movements=tuple(movements),
        number=xml.text(node, "ElctrncSeqNb") or xml.text(node, "LglSeqNb"),
    )


def _balances(node: Any, code: str) -> Iterator[Any]:
    return (one for one in xml.kids(node, "Bal") if xml.text(one, "Tp", "CdOrPrtry", "Cd") == code)


def _balance(node: Any, code: str) -> int | None:
    for one in _balances(node, code):
        try:
            return nano(xml.text(one, "Amt")) * _sign(one)
        except ValueError:
            return None
    return None


def _balance_day(node: Any, code: str) -> dt.date | None:
    return next((xml.day(one, "Dt") for one in _balances(node, code)), None)


def _sign(node: Any) -> int:
    return -1 if xml.text(node, "CdtDbtInd") == "DBIT" else 1


def _entry(entry: Any, number: int, before: int, last: dt.date | None, issues: list[Issue]) -> Iterator[Movement]:
    written = xml.text(entry, "Amt")
    try:
        amount = nano(written) * _sign(entry)
    except ValueError:
        issues.append(Issue("bank-amount", line=number, params={"value": written[:40]}))
        return
    status = xml.text(entry, "Sts", "Cd") or xml.text(entry, "Sts")
    if status not in {"BOOK", ""}:
        issues.append(Issue("bank-pending", Severity.INFO, line=number, params={"amount": plain(amount)}))
        return
    booked = xml.day(entry, "BookgDt") or xml.day(entry, "ValDt")
    if booked is None:
        issues.append(Issue("bank-no-date", Severity.WARNING, line=number))
        booked = last or dt.date(1970, 1, 1)
    details = [(node, _part(node, entry, amount)) for node in xml.kids(entry, "NtryDtls", "TxDtls")]
    if len(details) == 1:
        details = [(details[0][0], amount)]
    total = sum(part for _node, part in details if part is not None)
    if len(details) > 1 and (total != amount or any(part is None for _node, part in details)):
        issues.append(
            Issue(
                "bank-details", Severity.WARNING, line=number, params={"details": plain(total), "amount": plain(amount)}
            )
        )
        details = []
    for offset, (node, part) in enumerate(details or [(None, amount)], 1):
        yield _movement(entry, node, before + offset, booked, part if part is not None else amount, len(details) or 1)


def _part(node: Any, entry: Any, amount: int) -> int | None:
    """The signed amount of one transaction of an entry; None when it is not given in the currency of the entry."""
    currency = _currency(entry)
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt")):
        found = xml.first(node, *path)
        if found is not None and found.get("Ccy", currency) == currency:
            try:
                value = nano((found.text or "").strip())
            except ValueError:
                return None
            own = xml.text(node, "CdtDbtInd")
            return value * (_sign(node) if own else (-1 if amount < 0 else 1))
    return None


def _currency(entry: Any) -> str:
    found = xml.first(entry, "Amt")
    return str(found.get("Ccy", "EUR")) if found is not None else "EUR"


def _movement(entry: Any, node: Any, position: int, booked: dt.date, amount: int, number: int) -> Movement:
    """One movement; for an entry without details everything comes from the entry."""
    reason = xml.text(node, "RtrInf", "Rsn", "Cd") or xml.text(node, "RtrInf", "Rsn", "Prtry")
    reversal = xml.text(entry, "RvslInd") == "true" or bool(reason)
    # Of a returned debit the parties keep their roles: the customer is the debtor though money goes out.
    other = "Dbtr" if (amount > 0) != reversal else "Cdtr"
    parties = xml.first(node, "RltdPties") if node is not None else None
    words = " ".join(xml.text(line) for line in xml.kids(node, "RmtInf", "Ustrd")) if node is not None else ""
    end_to_end = xml.text(node, "Refs", "EndToEndId")
    return Movement(
        position=position,
        booked=booked,
        valued=xml.day(entry, "ValDt"),
        amount=amount,
        currency=_currency(entry),
        name=xml.text(parties, other, "Nm") or xml.text(parties, other, "Pty", "Nm"),
        iban=xml.text(parties, f"{other}Acct", "Id", "IBAN"),
        end_to_end="" if end_to_end.upper() in {"NOTPROVIDED", "NOT PROVIDED"} else end_to_end,
        mandate=xml.text(node, "Refs", "MndtId"),
        text=words or xml.text(node, "AddtlTxInf") or xml.text(entry, "AddtlNtryInf"),
        reference=xml.text(node, "RmtInf", "Strd", "CdtrRefInf", "Ref"),
        reason=reason,
        is_reversal=reversal,
        batch=xml.text(node, "Refs", "PmtInfId") or xml.text(entry, "NtryDtls", "Btch", "PmtInfId"),
        number=_number(entry) if node is None else number,
        bank_reference=xml.text(entry, "AcctSvcrRef") or xml.text(entry, "NtryRef"),
    )


def _number(entry: Any) -> int:
    written = xml.text(entry, "NtryDtls", "Btch", "NbOfTxs")
    return int(written) if written.isdigit() and int(written) > 0 else 1
