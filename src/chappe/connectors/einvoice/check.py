"""Everything that is checked before an invoice may leave: a PDF's structure, the XML's schema, and the official rules."""

from collections.abc import Sequence

from chappe.connectors.einvoice import facturx, rules
from chappe.connectors.einvoice.pdfa import check_pdf
from chappe.connectors.einvoice.rule_files import ALL_SETS
from chappe.core.base.issue import Issue


def check_file(
    data: bytes, sets: Sequence[str] = ALL_SETS, *, file: str = "", seconds: float = rules.SECONDS
) -> list[Issue]:
    """Issues of a Factur-X PDF, a CII or a UBL file; [] when all is well. The kind is read from the bytes."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf\x00 \t\r\n")
    if head.startswith(b"%PDF-"):
        found = check_pdf(data, file=file)
        try:
            xml, _others = facturx.extract(data)
        except ValueError as error:
            return found or [Issue("einvoice.not-pdf", file=file, params={"detail": str(error)})]
        return found + (rules.check(xml, sets, file=file, seconds=seconds) if xml else [])
    if head.startswith(b"<"):
        return rules.check(data, sets, file=file, seconds=seconds)
    return [Issue("einvoice.unknown-file", file=file)]
