"""The names other packages use of tariff plans: one import for all of it."""

from chappe.core.tariff.browse import FlatRow, Match, flat_rows, search
from chappe.core.tariff.check import check
from chappe.core.tariff.compare import Change, compare
from chappe.core.tariff.export_list import to_price_list, to_price_list_csv
from chappe.core.tariff.export_v091 import Export, to_v091
from chappe.core.tariff.formats import FORMATS, detect
from chappe.core.tariff.read import FileRead, ReadResult, read_folder

__all__ = [
    "FORMATS",
    "Change",
    "Export",
    "FileRead",
    "FlatRow",
    "Match",
    "ReadResult",
    "check",
    "compare",
    "detect",
    "flat_rows",
    "read_folder",
    "search",
    "to_price_list",
    "to_price_list_csv",
    "to_v091",
]
