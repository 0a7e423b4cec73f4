"""What the bank did not collect: pain.002 read, and the reasons of R-transactions in words.

Reasons: EPC guidance on reason codes for SDD R-transactions (EPC173-14); the words are ours.
"""

from dataclasses import dataclass, field
from typing import Any

from chappe.core.base.issue import Issue, declare
from chappe.core.base.lang import N_, translate
from chappe.core.sepa import xml
from chappe.core.sepa.statement import nano

declare({"bank-group-refused": N_("The bank refused the whole file: {reason}.")})

REASONS: dict[str, str] = {
    "AC01": N_("account number wrong"),
    "AC04": N_("account closed"),
    "AC06": N_("account blocked"),
    "AC13": N_("the account is a consumer’s, which a B2B debit may not touch"),
    "AG01": N_("direct debits forbidden on this account"),
    "AG02": N_("operation code or sequence wrong"),
    "AM04": N_("insufficient funds"),
    "AM05": N_("collected twice"),
    "BE05": N_("creditor identifier wrong"),
    "CNOR": N_("creditor’s bank not registered"),
    "DNOR": N_("debtor’s bank not registered"),
    "FF01": N_("file format wrong"),
    "FF05": N_("direct debit type wrong"),
    "MD01": N_("no mandate"),
    "MD02": N_("mandate data missing or wrong"),
    "MD06": N_("disputed by the customer (within eight weeks)"),
    "MD07": N_("customer deceased"),
    "MS02": N_("refused by the customer"),
    "MS03": N_("refused, the bank does not say why"),
    "RC01": N_("BIC wrong"),
    "RR01": N_("account or identification missing"),
    "RR02": N_("name or address missing"),
    "RR03": N_("creditor’s name or address missing"),
    "RR04": N_("regulatory reason"),
    "SL01": N_("refused by a service of the customer’s bank"),
    "TM01": N_("received too late"),
}
#: After these the same debit must not be presented again as it is: account or mandate must be mended first.
DEFINITIVE = frozenset({"AC01", "AC04", "AC06", "AC13", "AG01", "MD01", "MD02", "MD07", "MS02", "SL01", "BE05"})


@dataclass(frozen=True, slots=True)
class Rejected:
    """One debit that was not taken. ``amount`` nano, None when the bank does not repeat it."""

    end_to_end: str
    reason: str
    told: str = ""
    amount: int | None = None
    batch: str = ""


@dataclass
class Report:
    """A pain.002. ``whole``: the status of the file (RJCT, PART, ACCP…)."""

    version: str = ""
    message_id: str = ""
    whole: str = ""
    reason: str = ""
    rejected: list[Rejected] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def words(code: str, language: str = "en") -> str:
    """A reason in words; the code itself when it is not known."""
    return translate(REASONS[code], language) if code in REASONS else code


def read(data: bytes) -> Report:
    """A pain.002. Never raises for what the file contains."""
    report = Report()
    try:
        root = xml.parse(data)
    except xml.Unreadable as error:
        report.issues.append(Issue(error.code, params=error.params))
        return report
    report.version = xml.version(root)
    if xml.kind(root) != "CstmrPmtStsRpt":
        told = {"found": report.version or xml.kind(root), "expected": "pain.002"}
        report.issues.append(Issue("bank-kind", params=told))
        return report
    body = xml.first(root, "CstmrPmtStsRpt")
    group = xml.first(body, "OrgnlGrpInfAndSts")
    report.message_id = xml.text(group, "OrgnlMsgId")
    report.whole, report.reason = xml.text(group, "GrpSts"), _reason(group)
    for info in xml.kids(body, "OrgnlPmtInfAndSts"):
        whole = xml.text(info, "PmtInfSts")
        for entry in xml.kids(info, "TxInfAndSts"):
            if (xml.text(entry, "TxSts") or whole) == "RJCT":
                report.rejected.append(_rejected(info, entry))
    if report.whole == "RJCT":
        report.issues.append(Issue("bank-group-refused", params={"reason": words(report.reason)}))
    return report


def _reason(node: Any) -> str:
    return xml.text(node, "StsRsnInf", "Rsn", "Cd") or xml.text(node, "StsRsnInf", "Rsn", "Prtry")


def _rejected(info: Any, entry: Any) -> Rejected:
    try:
        amount = nano(xml.text(entry, "OrgnlTxRef", "Amt", "InstdAmt"))
    except ValueError:
        amount = None
    return Rejected(
        end_to_end=xml.text(entry, "OrgnlEndToEndId"),
        reason=_reason(entry) or _reason(info),
        told=" ".join(xml.text(line) for line in xml.kids(entry, "StsRsnInf", "AddtlInf")),
        amount=amount,
        batch=xml.text(info, "OrgnlPmtInfId"),
    )
