"""A drawn PDF/A-3b and its XML made one Factur-X, with the annexes as attachments; and taken apart again.

The metadata are written by the factur-x library's own table; embedding and compaction are one pass of pikepdf, which
costs a fifth of two libraries one after the other. The Info dictionary is dropped: PDF/A wants it equal to the metadata
or absent. Same input, same bytes.
"""

import datetime as dt
import io
from collections.abc import Sequence

import pikepdf
from facturx.facturx import generate_xmp_object
from lxml import etree
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf

from chappe.core.billing.document import Document
from chappe.core.einvoice.page import TITLES, Writer
from chappe.core.einvoice.terms import Attachment

XML_NAME = "factur-x.xml"
LEVEL = "EN 16931"
URN = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
PRODUCER = "Chappe"
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_TAIL = '\n<?xpacket end="w"?>'


def assemble(pdf: bytes, xml: bytes, document: Document, attachments: Sequence[Attachment] = ()) -> bytes:
    """A Factur-X, profile EN 16931: ``pdf`` (PDF/A-3b as drawn) with ``xml`` inside, and the annexes.

    Raises pikepdf.PdfError when ``pdf`` is none.
    """
    moment = dt.datetime.combine(document.issue_date, dt.time(12), dt.UTC)
    with pikepdf.open(io.BytesIO(pdf)) as made:
        invoice = Attachment(XML_NAME, xml, "text/xml", description="Factur-X")
        related = [_embed(made, invoice, Name.Data, moment)]
        related += [_embed(made, file, Name.Supplement, moment) for file in attachments]
        made.Root.AF = made.make_indirect(Array(related))
        made.Root.Metadata = made.make_stream(metadata(document, moment), Type=Name.Metadata, Subtype=Name.XML)
        made.Root.Lang = pikepdf.String("en-GB" if document.language == "en" else "fr-FR")
        made.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        if "/Info" in made.trailer:
            del made.trailer["/Info"]
        out = io.BytesIO()
        made.save(
            out, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True, deterministic_id=True
        )
    return out.getvalue()


def _embed(pdf: Pdf, file: Attachment, relation: Name, moment: dt.datetime) -> pikepdf.Object:
    day = f"D:{moment:%Y%m%d%H%M%S}Z"
    pdf.attachments[file.name] = AttachedFileSpec(
        pdf,
        file.data,
        description=file.description or file.kind,
        filename=file.name,
        mime_type=file.content_type,
        relationship=relation,
        creation_date=day,
        mod_date=day,
    )
    return pdf.attachments[file.name].obj


def metadata(document: Document, moment: dt.datetime) -> bytes:
    """XMP of the document: PDF/A-3B, and the Factur-X extension."""
    writer = Writer(document)
    title = f"{document.seller.name} – {writer.t(TITLES.get(document.kind, 'Invoice'))} {document.number}"
    tree = generate_xmp_object(
        {
            "pdfa3_flavor": "B",
            "title": title,
            "author": document.seller.name,
            "subject": title,
            "producer": PRODUCER,
            "creator_tool": PRODUCER,
            "timestamp": moment.isoformat(),
            "version": "1.0",
            "documenttype": "INVOICE",
            "xml_filename": XML_NAME,
            "xmp_level": LEVEL,
            "urn": URN,
        }
    )
    return (_HEAD + etree.tostring(tree, encoding="unicode") + _TAIL).encode("utf-8")


def extract(pdf: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The invoice's XML in a PDF (b"" when there is none), and its other attachments by name.

    Raises ValueError when the bytes are no PDF.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            files = {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}
    except (pikepdf.PdfError, pikepdf.PasswordError) as error:
        raise ValueError(str(error)) from error
    return files.pop(XML_NAME, b""), files
