"""A receipt drawn by typst in the look of a brand: one small page, PDF/A. It only places texts that come ready."""

import datetime as dt
import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst as engine

from chappe.connectors.einvoice.look import FONTS, Look, faces
from chappe.connectors.einvoice.typst import STANDARD, DrawingError


def draw(told: dict[str, Any], look: Look) -> bytes:
    """The bytes of the PDF. ``told``: title, rows, amount, notes… as texts. Raises DrawingError."""
    with tempfile.TemporaryDirectory(prefix="chappe-receipt-") as folder:
        root = Path(folder)
        template = files("chappe.connectors.einvoice") / "layout" / "receipt.typ"
        (root / "receipt.typ").write_text(template.read_text("utf-8"), "utf-8")
        try:
            data = look.as_data()
        except ValueError as error:
            raise DrawingError("The logo is neither PNG, JPEG nor SVG.") from error
        if look.logo:
            (root / f"logo.{look.extension()}").write_bytes(look.logo)
        compiler = engine.Compiler(
            input=str(root / "receipt.typ"), root=str(root), font_paths=[str(FONTS)] if len(faces()) > 1 else [],
            ignore_system_fonts=True,
        )  # fmt: skip
        noon = dt.datetime.combine(dt.date.fromisoformat(told["day"]), dt.time(12), dt.UTC)
        inputs = {"data": json.dumps(told, ensure_ascii=False), "look": json.dumps(data, ensure_ascii=False)}
        try:
            made = compiler.compile(
                format="pdf", sys_inputs=inputs, pdf_standards=STANDARD, pdf_tags=False, timestamp=int(noon.timestamp())
            )
        except engine.TypstError as error:
            raise DrawingError(error.message) from error
    return made if isinstance(made, bytes) else b""
