"""The formats that are known, and which one a set of files is.

Detection looks at file names (old spellings included) and headers, never at one alone: the two 2012 formats
share their names and the later ones their headers' first words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from chappe.core.base.lang import N_
from chappe.core.rating.model import Tariff
from chappe.core.tariff import bands, end_2012, price_list, seed_2012, v091
from chappe.core.tariff.faults import Faults
from chappe.core.tariff.form import Format, Rows
from chappe.core.tariff.layout import Layout, find_header, known_columns, plain_name
from chappe.core.tariff.source import is_workbook
from chappe.core.tariff.table import Sheet, open_sheet
from chappe.core.tariff.workbook import open_workbook


def _not_linked(tables: Rows, tariff: Tariff, faults: Faults) -> None:
    """A price list has no links to follow: read.py fills it through price_plan."""


PRICE_LIST = Format(
    "price-list",
    N_("Price list (CSV or XLSX)"),
    (price_list.LAYOUT, bands.LAYOUT),
    _not_linked,
    timezone="Europe/Paris",
)
FORMATS: dict[str, Format] = {form.slug: form for form in (seed_2012.FORMAT, end_2012.FORMAT, v091.FORMAT, PRICE_LIST)}


@dataclass(slots=True)
class Found:
    """A sheet, the plain stem of its name, and whether it came from a workbook."""

    sheet: Sheet
    stem: str


def open_files(files: Mapping[str, bytes], faults: Faults) -> list[Found]:
    """Every file as sheets, in name order."""
    found = []
    for name in sorted(files):
        stem = plain_name(PurePosixPath(name).name.rsplit(".", 1)[0])
        if is_workbook(name):
            for title, sheet in open_workbook(name, files[name], faults).items():
                own = plain_name(title)
                found.append(Found(sheet, own if own in bands.LAYOUT.stems else stem))
        else:
            found.append(Found(open_sheet(name, files[name], faults), stem))
    return found


def detect(files: Mapping[str, bytes]) -> str:
    """Slug of the format of ``files`` (name → bytes), "" when none fits."""
    return detect_sheets(open_files(files, Faults()))


def detect_sheets(found: Iterable[Found]) -> str:
    """As :func:`detect`, for sheets already open. The best score wins; on a tie the older format."""
    found = list(found)
    scores = {slug: sum(_score(form, one) for one in found) for slug, form in FORMATS.items()}
    best = max(scores, key=lambda slug: scores[slug])
    return best if scores[best] > 0 else ""


def layout_of(form: Format, one: Found) -> Layout | None:
    """The table that a file holds: by its name, else by a header that names all needed columns."""
    for layout in form.layouts:
        if one.stem in layout.stems:
            return layout
    fits = [
        (known, layout) for layout in form.layouts if (known := _header_fit(layout, one.sheet)) > 0 and not layout.free
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def _header_fit(layout: Layout, sheet: Sheet) -> int:
    """Known columns minus unknown ones, 0 when a needed column is missing."""
    header, separator = find_header(sheet, layout)
    if header is None:
        return 0
    cells = [cell for cell in sheet.cut(header, separator, None) or [] if cell]
    bound = {layout.by_key.get(plain_name(cell), -1) for cell in cells}
    if any(column.needed and index not in bound for index, column in enumerate(layout.columns)):
        return 0
    known = known_columns(layout, cells)
    return max(0, 3 * known - 3 * (len(cells) - known)) + 1


def _score(form: Format, one: Found) -> int:
    named = next((layout for layout in form.layouts if one.stem in layout.stems), None)
    if named is None:
        # a name that says nothing: only a whole header counts (a price list may be called anything)
        return max((_header_fit(layout, one.sheet) for layout in form.layouts if not layout.free), default=0)
    fit = _header_fit(named, one.sheet)
    if fit:
        return 10 + fit
    header, separator = find_header(one.sheet, named)
    if header is not None:
        return -5
    if not named.positional:
        return 0
    rows = [line for line in one.sheet.lines if not line.comment][:20]
    widths = [len(one.sheet.cut(line, separator, None) or []) for line in rows]
    exact = sum(width in {len(named.columns), len(named.columns) + 1} for width in widths)
    near = sum(width == sum(column.needed for column in named.columns) for width in widths)
    return 5 if exact * 2 > len(widths) else 3 if near * 2 > len(widths) else -2
