"""Whether a PDF keeps what PDF/A-3 and Factur-X ask of its structure: the part of the standard that a program can look up.

Not a whole PDF/A validator: typst's exporter refuses what does not conform, and this looks again at what stands in the
file that leaves. Metadata, output intent, embedded fonts, relations of the attachments, nothing active, no encryption.
"""

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
from lxml import etree

from chappe.connectors.einvoice.facturx import URN, XML_NAME
from chappe.core.base.issue import Issue

PDFAID = "http://www.aiim.org/pdfa/ns/id/"
RELATIONS = frozenset({"/Source", "/Data", "/Alternative", "/Supplement", "/Unspecified"})
ACTIVE = ("/JavaScript", "/Launch", "/AA", "/OpenAction")


def check_pdf(data: bytes, *, file: str = "") -> list[Issue]:
    """Faults of structure; [] when none was found."""
    try:
        pdf = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        return [Issue("einvoice.pdf-encrypted", file=file)]
    except pikepdf.PdfError as error:
        return [Issue("einvoice.not-pdf", file=file, params={"detail": str(error)})]
    with pdf:
        return [Issue(code, file=file, params=params) for code, params in _faults(pdf)]


def _faults(pdf: pikepdf.Pdf) -> Iterator[tuple[str, dict[str, Any]]]:
    if pdf.is_encrypted:
        yield "einvoice.pdf-encrypted", {}
    told = _metadata(pdf)
    if told.get("part") != "3" or told.get("conformance") not in {"A", "B", "U"}:
        yield "einvoice.pdf-part", {}
    if not told.get("level"):
        yield "einvoice.pdf-level", {}
    intents = pdf.Root.get("/OutputIntents")
    if intents is None or not any("/DestOutputProfile" in intent for intent in intents):
        yield "einvoice.pdf-intent", {}
    for name in sorted(_fonts_outside(pdf)):
        yield "einvoice.pdf-font", {"name": name}
    if XML_NAME not in pdf.attachments:
        yield "einvoice.pdf-no-xml", {}
    related = {spec.objgen for spec in pdf.Root.get("/AF", [])}
    for name, spec in pdf.attachments.items():
        if str(spec.obj.get("/AFRelationship", "")) not in RELATIONS or spec.obj.objgen not in related:
            yield "einvoice.pdf-relation", {"name": name}
    for what in ACTIVE:
        if what in pdf.Root or what in pdf.Root.get("/Names", {}):
            yield "einvoice.pdf-active", {"what": what.lstrip("/")}


def _metadata(pdf: pikepdf.Pdf) -> dict[str, str]:
    stream = pdf.Root.get("/Metadata")
    if stream is None:
        return {}
    try:
        tree = etree.fromstring(stream.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return {}
    found: dict[str, str] = {}
    for name, key in (("part", "part"), ("conformance", "conformance")):
        for element in tree.iter(f"{{{PDFAID}}}{name}"):
            found[key] = (element.text or "").strip()
        for element in tree.iter():
            found.setdefault(key, element.get(f"{{{PDFAID}}}{name}") or "")
            found[key] = found[key] or element.get(f"{{{PDFAID}}}{name}") or ""
    for element in tree.iter(f"{{{URN}}}ConformanceLevel"):
        found["level"] = (element.text or "").strip()
    return found


def _fonts_outside(pdf: pikepdf.Pdf) -> set[str]:
    """Names of fonts that are used and not embedded."""
    outside = set()
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary) or thing.get("/Type") != "/FontDescriptor":
            continue
        if not any(key in thing for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            outside.add(str(thing.get("/FontName", "?")).lstrip("/"))
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/Font":
            if thing.get("/Subtype") in ("/Type0", "/Type3") or "/FontDescriptor" in thing:
                continue
            outside.add(str(thing.get("/BaseFont", "?")).lstrip("/"))
    return outside
