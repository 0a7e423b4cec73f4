"""The words of the dated tables of the law, for the page that shows them. The tables themselves hold codes and references; this names them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.billing.models.words import Nature

CLASSES: dict[str, Any] = {
    "standard": pgettext_lazy("a rate of VAT", "standard"),
    "intermediate": pgettext_lazy("a rate of VAT", "intermediate"),
    "reduced": pgettext_lazy("a rate of VAT", "reduced"),
    "super_reduced": pgettext_lazy("a rate of VAT", "super-reduced"),
}
CASES: dict[str, Any] = {
    "294": _("no VAT in Guyane and Mayotte"),
    "exempt": _("exempt"),
    "export": _("outside of the Union"),
    "franchise": _("seller below the threshold"),
    "goods_294": _("goods sent to another territory of VAT"),
    "goods_export": _("goods sent out of the Union"),
    "goods_intra": _("goods sent to another state of the Union"),
    "intra": _("another state of the Union"),
    "normal": _("every other sale"),
    "telecom": _("between operators"),
}
#: What the tables say in words, as they say it.
SOURCES: dict[str, Any] = {
    "CGI 279 b octies: share of paid television rights": _("CGI 279 b octies: share of paid television rights"),
    "CGI 281 quater and following": _("CGI 281 quater and following"),
    "the reason stands on the customer": _("the reason stands on the customer"),
    "CGI 259 and 283-2": _("CGI 259 and 283-2"),
    "arrêté of 31 December 2013": _("arrêté of 31 December 2013"),
    "decree 2022-1299": _("decree 2022-1299"),
    "directive 2018/1972 annex VI": _("directive 2018/1972 annex VI"),
    "CGI 278 and 296": _("CGI 278 and 296"),
    "CGI 262 ter, I: goods sent to a company of the Union": _("CGI 262 ter, I: goods sent to a company of the Union"),
    "CGI 294, 2 and 262, I: goods sent from one territory of VAT to another are exported": _(
        "CGI 294, 2 and 262, I: goods sent from one territory of VAT to another are exported"
    ),
    "CGI 262, I: goods sent out of the Union": _("CGI 262, I: goods sent out of the Union"),
    "CGI 283-2 octies: wholesale electronic communications between operators": _(
        "CGI 283-2 octies: wholesale electronic communications between operators"
    ),
    "CGI 259 and 259 D: the place of the service is the customer's": _(
        "CGI 259 and 259 D: the place of the service is the customer's"
    ),
    "CGI 294: no VAT in Guyane and Mayotte; the code VATEX-FR-CGI294 is refused by the code lists": _(
        "CGI 294: no VAT in Guyane and Mayotte; the code VATEX-FR-CGI294 is refused by the code lists"
    ),
}


def said(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table with its codes in words and its first day as a date."""
    return {
        **row,
        "rate_class": CLASSES.get(row.get("rate_class", ""), row.get("rate_class", "")),
        "case": CASES.get(row.get("case", ""), row.get("case", "")),
        "nature": _nature(row.get("nature", "")),
        "source": SOURCES.get(row.get("source", ""), row.get("source", "")),
        "since": row["from"] if isinstance(row["from"], dt.date) else dt.date.fromisoformat(str(row["from"])),
    }


def _nature(code: str) -> Any:
    known = dict(Nature.choices)
    return known.get(code, code)
