"""A document drawn by typst: PDF/A-3b bytes, or PNG pages for a preview.

One compiler a look is kept: it has read the fonts, the drawing and the logo. System fonts are not looked at, so that
the same document gives the same pages everywhere. Not tagged: tags make a file four times larger, and PDF/A-3b asks
for none.
"""

import datetime as dt
import io
import json
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from importlib.resources import files
from pathlib import Path
from typing import Any

import segno
import typst as engine

from chappe.connectors.einvoice.look import FONTS, Look, faces
from chappe.core.billing.document import Document
from chappe.core.einvoice.page import page

STANDARD = "a-3b"
KEPT = 8  # compilers, one a look
# Any of the eight masks of a code is read by every reader (it says which); trying them all takes five times as long.
MASK = 3
RECYCLE = 400  # documents of one compiler: it remembers pieces of each


class DrawingError(Exception):
    """The document could not be drawn; the text says what typst refused."""


def look_data(look: Look) -> dict[str, Any]:
    """What a template reads of a look. Raises DrawingError for a logo that is no picture."""
    try:
        return look.as_data()
    except ValueError as error:
        raise DrawingError("The logo is neither PNG, JPEG nor SVG.") from error


def compiler(root: Path, template: str, look: Look) -> engine.Compiler:
    """A compiler of one of our templates in the folder ``root``, where it and the logo are put."""
    text = (files("chappe.connectors.einvoice") / "layout" / template).read_text("utf-8")
    (root / template).write_text(text, "utf-8")
    if look.logo:
        (root / f"logo.{look.extension()}").write_bytes(look.logo)
    fonts = [str(FONTS)] if len(faces()) > 1 else []
    return engine.Compiler(input=str(root / template), root=str(root), font_paths=fonts, ignore_system_fonts=True)


def as_inputs(data: dict[str, Any], look: dict[str, Any]) -> dict[str, str]:
    """The two texts that templates read."""
    return {"data": json.dumps(data, ensure_ascii=False), "look": json.dumps(look, ensure_ascii=False)}


def pdf(made_by: engine.Compiler, inputs: dict[str, str], day: dt.date) -> bytes:
    """PDF/A-3b, dated noon of ``day``: the same inputs give the same bytes. Raises DrawingError."""
    noon = (day.toordinal() - 719_163) * 86_400 + 43_200
    try:
        made = made_by.compile(format="pdf", sys_inputs=inputs, pdf_standards=STANDARD, pdf_tags=False, timestamp=noon)
    except engine.TypstError as error:
        raise DrawingError(error.message) from error
    return made if isinstance(made, bytes) else b""


class Drawer:
    """Draws documents in one look. Not to be shared by threads at the same instant."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.drawn = 0
        root = Path(tempfile.mkdtemp(prefix="chappe-invoice-"))
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
        self.data = look_data(look)
        self.compiler = compiler(root, "invoice.typ", look)

    def draw(self, document: Document, *, format: str = "pdf", ppi: float = 96) -> bytes | list[bytes]:
        """The document as PDF/A-3b, or as PNG pages. Raises DrawingError."""
        inputs = self._inputs(document)
        self.drawn += 1
        if format == "pdf":
            return pdf(self.compiler, inputs, document.issue_date)
        try:
            made = self.compiler.compile(format="png", sys_inputs=inputs, ppi=ppi)
        except engine.TypstError as error:
            raise DrawingError(error.message) from error
        return made if made is not None else b""

    def _inputs(self, document: Document) -> dict[str, str]:
        data = page(document)
        code = qr(data["payment"]["code"]) if self.look.code else ""
        look = {**self.data, "name": self.look.name or document.seller.name, "code": code}
        return as_inputs(data, look)

    def draw_plain(self, document: Document) -> bytes:
        """The same pages as an ordinary PDF: the yardstick of the benchmark, never sent to anybody."""
        made = self.compiler.compile(format="pdf", sys_inputs=self._inputs(document), pdf_tags=False)
        return made if isinstance(made, bytes) else b""


def qr(text: str) -> str:
    """An SVG of the code, "" for no text."""
    if not text:
        return ""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False, mask=MASK).save(
        out, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None
    )
    return out.getvalue().decode("utf-8")


_drawers: OrderedDict[Look, Drawer] = OrderedDict()
_lock = threading.Lock()


def _drawer(look: Look) -> Drawer:
    kept = _drawers.pop(look, None)
    if kept is None or kept.drawn >= RECYCLE:
        kept = Drawer(look)
    _drawers[look] = kept
    while len(_drawers) > KEPT:
        _drawers.popitem(last=False)
    return kept


def draw(document: Document, look: Look | None = None) -> bytes:
    """PDF/A-3b of a document. Raises DrawingError."""
    with _lock:
        made = _drawer(look or Look()).draw(document)
    assert isinstance(made, bytes)
    return made


def preview(document: Document, look: Look | None = None, *, ppi: float = 96) -> list[bytes]:
    """PNG pages of a document, for the screen."""
    with _lock:
        made = _drawer(look or Look()).draw(document, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made)
