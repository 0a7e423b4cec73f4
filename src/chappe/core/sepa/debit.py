"""Direct debits → one pain.008.001.08 file that its XSD accepts, or the issues that forbid it. Never half a file.

sepaxml writes the tree; this wrapper is strict where it is not: every value is checked before, identifiers and dates are
ours and the same at each writing, amendments are added, the totals are counted again, the XSD always has the last word.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sepaxml
from lxml import etree
from sepaxml import SepaDD

from chappe.core.base.issue import Issue
from chappe.core.base.money import plain
from chappe.core.billing.document import CENT
from chappe.core.sepa.values import (
    Address,
    Amendment,
    Creditor,
    Debit,
    check_creditor,
    check_debit,
    is_identifier,
    latin,
    tidy_iban,
)

SCHEMA = "pain.008.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"


class Refused(Exception):  # noqa: N818 - says what happened
    """The file was not made. ``issues``: (index of the debit or −1 for the file, issue)."""

    def __init__(self, issues: tuple[tuple[int, Issue], ...]) -> None:
        super().__init__(issues)
        self.issues = issues

    def __str__(self) -> str:
        return "; ".join(issue.sentence() for _index, issue in self.issues)


@dataclass(frozen=True, slots=True)
class DebitFile:
    """A file ready for the bank. ``total`` in nano. ``groups``: (sequence, day) → (number, total)."""

    data: bytes
    message_id: str
    count: int
    total: int
    groups: dict[tuple[str, dt.date], tuple[int, int]]


def check(creditor: Creditor, debits: Sequence[Debit]) -> list[tuple[int, Issue]]:
    """Everything that keeps the file from being made: (index of the debit, or −1 for the file itself; issue)."""
    found = [(-1, issue) for issue in check_creditor(creditor)]
    if not debits:
        found.append((-1, Issue("sepa-empty")))
    seen: set[str] = set()
    for index, debit in enumerate(debits):
        found += [(index, issue) for issue in check_debit(debit)]
        if debit.end_to_end in seen:
            found.append((index, Issue("sepa-twice", field="end_to_end", params={"value": debit.end_to_end})))
        if debit.scheme != debits[0].scheme:
            found.append((index, Issue("sepa-mixed", field="scheme", params={"value": debit.scheme})))
        seen.add(debit.end_to_end)
    return found


def write(creditor: Creditor, debits: Sequence[Debit], *, message_id: str, made_at: dt.datetime) -> DebitFile:
    """The file of all ``debits``, grouped by sequence and day. The same arguments give the same bytes.

    Raises :class:`Refused` with every issue when anything is wrong; ValueError when ``message_id`` may not travel, or when
    the XSD refuses what was made (a fault of ours: the text names the place).
    """
    if not is_identifier(message_id):
        raise ValueError(f"message id {message_id!r}")
    issues = check(creditor, debits)
    if issues:
        raise Refused(tuple(issues))
    tree = _tree(creditor, debits)
    _name(tree, message_id, made_at)
    _amend(tree, debits)
    groups = _count(tree, debits)
    if not _xsd().validate(tree):
        raise ValueError(f"{SCHEMA}: {_xsd().error_log.last_error}")
    data = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return DebitFile(data, message_id, len(debits), sum(debit.amount for debit in debits), groups)


@cache
def _xsd() -> Any:
    path = Path(sepaxml.__file__).parent / "schemas" / f"{SCHEMA}.xsd"
    return etree.XMLSchema(etree.parse(str(path)))


def is_valid(data: bytes) -> bool:
    """Whether the XSD accepts ``data``."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return bool(_xsd().validate(etree.fromstring(data, parser)))


def _address(address: Address) -> dict[str, str]:
    named = {
        "street_name": latin(address.street, 70), "building_number": latin(address.number, 16),
        "postcode": latin(address.postal_code, 16), "town": latin(address.town, 35), "country": address.country,
    }  # fmt: skip
    return {name: value for name, value in named.items() if value}


def _tree(creditor: Creditor, debits: Sequence[Debit]) -> Any:
    config = {
        "name": latin(creditor.name, 70), "IBAN": tidy_iban(creditor.iban), "batch": True,
        "creditor_id": tidy_iban(creditor.ics), "currency": "EUR", "instrument": debits[0].scheme,
    }  # fmt: skip
    if creditor.bic:
        config["BIC"] = tidy_iban(creditor.bic)
    if not creditor.address.is_empty:
        config["address"] = _address(creditor.address)
    writer = SepaDD(config, schema=SCHEMA, clean=False)  # cleaned above, to the letters of the banks
    for debit in debits:
        payment = {
            "name": latin(debit.name, 70), "IBAN": tidy_iban(debit.iban), "amount": debit.amount // CENT, "type": debit.sequence,
            "collection_date": debit.collected_on, "mandate_id": debit.rum, "mandate_date": debit.signed_on,
            "description": latin(debit.text, 140) or debit.end_to_end, "endtoend_id": debit.end_to_end,
        }  # fmt: skip
        if debit.bic:
            payment["BIC"] = tidy_iban(debit.bic)
        if not debit.address.is_empty:
            payment["address"] = _address(debit.address)
        writer.add_payment(payment)
    return etree.fromstring(writer.export(validate=False))


def _q(*names: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{name}" for name in names)


def _name(tree: Any, message_id: str, made_at: dt.datetime) -> None:
    """Our own numbers and moment, instead of drawn ones."""
    header = tree.find(_q("CstmrDrctDbtInitn", "GrpHdr"))
    header.find(_q("MsgId")).text = message_id
    header.find(_q("CreDtTm")).text = made_at.replace(microsecond=0, tzinfo=None).isoformat()
    for number, group in enumerate(tree.iter(_q("PmtInf")), 1):
        group.find(_q("PmtInfId")).text = f"{message_id[:31]}-{number}"


def _amend(tree: Any, debits: Sequence[Debit]) -> None:
    """Write what changed in a mandate since its last collection (AmdmntInd and the former values)."""
    amended = {debit.end_to_end: debit.amendment for debit in debits if not debit.amendment.is_empty}
    for entry in tree.iter(_q("DrctDbtTxInf")):
        change = amended.get(entry.findtext(_q("PmtId", "EndToEndId")))
        if change is not None:
            mandate = entry.find(_q("DrctDbtTx", "MndtRltdInf"))
            etree.SubElement(mandate, _q("AmdmntInd")).text = "true"
            _former(etree.SubElement(mandate, _q("AmdmntInfDtls")), change)


def _deep(parent: Any, *names: str) -> Any:
    for name in names:
        parent = etree.SubElement(parent, _q(name))
    return parent


def _former(details: Any, change: Amendment) -> None:
    if change.rum:
        _deep(details, "OrgnlMndtId").text = change.rum
    if change.ics or change.creditor_name:
        scheme = _deep(details, "OrgnlCdtrSchmeId")
        if change.creditor_name:
            _deep(scheme, "Nm").text = latin(change.creditor_name, 70)
        if change.ics:
            other = _deep(scheme, "Id", "PrvtId", "Othr")
            _deep(other, "Id").text = change.ics
            _deep(other, "SchmeNm", "Prtry").text = "SEPA"
    if change.iban:
        _deep(details, "OrgnlDbtrAcct", "Id", "IBAN").text = tidy_iban(change.iban)
    elif change.other_bank:
        _deep(details, "OrgnlDbtrAcct", "Id", "Othr", "Id").text = "SMNDA"


def _count(tree: Any, debits: Sequence[Debit]) -> dict[tuple[str, dt.date], tuple[int, int]]:
    """Numbers and totals counted from the debits and held against those written. Raises ValueError when they differ."""
    groups: dict[tuple[str, dt.date], tuple[int, int]] = {}
    for debit in debits:
        number, total = groups.get((debit.sequence, debit.collected_on), (0, 0))
        groups[debit.sequence, debit.collected_on] = (number + 1, total + debit.amount)
    header = tree.find(_q("CstmrDrctDbtInitn", "GrpHdr"))
    expected = [(str(len(debits)), _euros(sum(debit.amount for debit in debits)))]
    expected += [(str(number), _euros(total)) for number, total in groups.values()]
    written = [
        (node.findtext(_q("NbOfTxs")), node.findtext(_q("CtrlSum"))) for node in (header, *tree.iter(_q("PmtInf")))
    ]
    if written != expected:
        raise ValueError(f"totals written {written}, counted {expected}")
    return groups


def _euros(nano: int) -> str:
    whole, _point, part = plain(nano).partition(".")
    return f"{whole}.{part.ljust(2, '0')}"
