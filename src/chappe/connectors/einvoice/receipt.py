"""A receipt drawn by typst in the look of a brand: one small page, PDF/A. It only places texts that come ready."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from chappe.connectors.einvoice.look import Look
from chappe.connectors.einvoice.typst import as_inputs, compiler, look_data, pdf


def draw(told: dict[str, Any], look: Look) -> bytes:
    """The bytes of the PDF. ``told``: title, rows, amount, notes… as texts. Raises DrawingError."""
    data = look_data(look)
    with tempfile.TemporaryDirectory(prefix="chappe-receipt-") as folder:
        made = compiler(Path(folder), "receipt.typ", look)
        return pdf(made, as_inputs(told, data), dt.date.fromisoformat(told["day"]))
