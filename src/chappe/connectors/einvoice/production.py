"""One document made into all its files: the CII, the checked Factur-X, the annexes, and the UBL when it is asked for.

Pure work on bytes, so that a pool of processes can make thousands: nothing is stored here. What does not pass the rules
is returned all the same, with its issues: the caller decides that it stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as of

from chappe.connectors.einvoice import facturx, rules, typst
from chappe.connectors.einvoice.annex import as_xlsx
from chappe.connectors.einvoice.look import Look
from chappe.connectors.einvoice.pdfa import check_pdf
from chappe.connectors.einvoice.rule_files import ALL_SETS
from chappe.core.base.issue import Issue
from chappe.core.billing.document import CallRow, Document
from chappe.core.einvoice.annex import as_csv
from chappe.core.einvoice.terms import Attachment
from chappe.core.einvoice.xml import cii, ubl

PDF, CII, UBL, CSV, XLSX = "pdf", "cii", "ubl", "annex_csv", "annex_xlsx"
SUFFIXES = {PDF: ".pdf", CII: "-cii.xml", UBL: "-ubl.xml", CSV: "-detail.csv", XLSX: "-detail.xlsx"}
EMBEDDED_MOST = 5_000_000  # bytes of annex that go inside the invoice; above, it is a file beside


@dataclass(frozen=True, slots=True)
class Made:
    """Files of one document by kind, and what the checks said."""

    files: dict[str, bytes]
    issues: list[Issue] = of(default_factory=list)

    @property
    def is_good(self) -> bool:
        return rules.passes(self.issues)


def stem(document: Document) -> str:
    """The name of the files without their suffix: the number, fit for a file name."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in document.number) or "invoice"


def make(
    document: Document,
    look: Look | None = None,
    *,
    calls: Sequence[CallRow] | None = None,
    sets: Sequence[str] = ALL_SETS,
    kinds: Sequence[str] = (PDF, CII, CSV),
) -> Made:
    """All files of ``kinds``. ``calls`` is the whole detail when the document carries only a part of it.

    Raises DrawingError when typst refuses the document, ValueError when it lacks a number or a currency.
    """
    detail = document.calls if calls is None else calls
    files: dict[str, bytes] = {}
    attached: list[Attachment] = []
    if detail:
        table = as_csv(document, detail)
        if len(table) <= EMBEDDED_MOST:
            attached.append(Attachment(f"{stem(document)}{SUFFIXES[CSV]}", table))
        if CSV in kinds:
            files[CSV] = table
        if XLSX in kinds:
            files[XLSX] = as_xlsx(document, detail)
    xml = cii(document, attached)
    issues = rules.check(xml, sets, file=f"{stem(document)}{SUFFIXES[CII]}")
    if CII in kinds:
        files[CII] = xml
    if PDF in kinds:
        files[PDF] = facturx.assemble(typst.draw(document, look), xml, document, attached)
        issues += check_pdf(files[PDF], file=f"{stem(document)}{SUFFIXES[PDF]}")
    if UBL in kinds:
        files[UBL] = ubl(document, attached)
        both = [name for name in sets if name != "facturx"]
        issues += rules.check(files[UBL], both, file=f"{stem(document)}{SUFFIXES[UBL]}")
    return Made(files, issues)
