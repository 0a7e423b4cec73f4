"""A version as files for others: a price list, tables of v0.9.1. What a format cannot hold is told beside it."""

import zipfile
from io import BytesIO

from django.http import HttpResponse
from django.utils.translation import gettext as _

from chappe.apps.tariffs import words
from chappe.apps.tariffs.loading import load_tariff
from chappe.apps.tariffs.models import TariffVersion
from chappe.core.tariff.door import Export, to_price_list, to_v091


def price_list(version: TariffVersion) -> HttpResponse:
    """One CSV when it says everything; else a zip with the hours and what was left out."""
    export = to_price_list(load_tariff(version))
    stem = _stem(version)
    if len(export.files) == 1 and not export.issues:
        # with the mark that spreadsheets need to read accents; the reader of price lists passes over it
        content = b"\xef\xbb\xbf" + next(iter(export.files.values()))
        return _attached(content, f"{stem}.csv", "text/csv; charset=utf-8")
    return _zipped(export, f"{stem}.zip")


def v091(version: TariffVersion) -> HttpResponse:
    """The six rating tables, zipped."""
    return _zipped(to_v091(load_tariff(version)), f"{_stem(version)}-v0.9.1.zip")


def _stem(version: TariffVersion) -> str:
    code = "".join(char if char.isalnum() or char in "-_" else "_" for char in version.plan.code)
    return f"{code}-v{version.number}"


def _zipped(export: Export, name: str) -> HttpResponse:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in export.files.items():
            archive.writestr(file, data)
        if export.issues:
            lines = [issue.as_line(words.language()) for issue in export.issues]
            head = _("This format cannot say everything. What was left out:")
            archive.writestr(_("READ-ME.txt"), "\n".join([head, "", *lines, ""]))
    return _attached(content.getvalue(), name, "application/zip")


def _attached(content: bytes, name: str, kind: str) -> HttpResponse:
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{ascii_name}"'
    return response
