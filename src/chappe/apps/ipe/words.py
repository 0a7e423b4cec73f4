"""What is said of files and checks, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chappe.apps.exchange.words import issue_sentence
from chappe.apps.ipe.comparing import CREATE, DELETE, MISSING, REFUSE, UPDATE
from chappe.apps.ipe.planning import ABANDON

THINGS: Mapping[str, Any] = {
    "building": gettext_lazy("building"), "pm": "PM", "prdm": gettext_lazy("PRDM"), "link": gettext_lazy("PM–PRDM link"),
}  # fmt: skip
KINDS: Mapping[str, tuple[Any, str]] = {
    CREATE: (gettext_lazy("to create"), "ok"),
    UPDATE: (gettext_lazy("to change"), "run"),
    ABANDON: (gettext_lazy("to abandon"), "warn"),
    DELETE: (gettext_lazy("to delete"), "bad"),
    REFUSE: (gettext_lazy("refused"), "warn"),
    MISSING: (gettext_lazy("not in the file, left alone"), "new"),
}
EVENTS: Mapping[str, tuple[Any, str]] = {
    "CREATION": (pgettext_lazy("what happened to a row", "created"), "ok"),
    "MODIFICATION": (pgettext_lazy("what happened to a row", "changed"), "run"),
    "SUPPRESSION": (pgettext_lazy("what happened to a row", "deleted"), "bad"),
}
SEVERITIES: Mapping[str, tuple[Any, str]] = {
    "error": (gettext_lazy("Error"), "bad"),
    "warning": (gettext_lazy("Warning"), "warn"),
    "info": (gettext_lazy("Information"), "new"),
}
#: A check by its subject, where a sentence with holes would say too much.
CHECKS: Mapping[str, Any] = {
    "ipe.signed": gettext_lazy("SIGNE without agreement"),
    "ipe.pm-without-state": gettext_lazy("PM without state"),
    "ipe.state-without-pm": gettext_lazy("state of PM without PM"),
    "ipe.pm-dates": gettext_lazy("PM deployed without its dates"),
    "ipe.pm-notice": gettext_lazy("PM opened within three months"),
    "ipe.pm-behind": gettext_lazy("address deployed, PM not"),
    "ipe.pm-dwellings": gettext_lazy("dwellings of the PM do not add up"),
    "ipe.pm-differs": gettext_lazy("PM told in several ways"),
    "ipe.abandoned": gettext_lazy("abandoned for over three months"),
    "ipe.no-address": gettext_lazy("address that cannot be found"),
    "ipe.hexacle-of-street": gettext_lazy("hexaclé of the street for that of the number"),
    "ipe.far-from-commune": gettext_lazy("point far from its commune"),
    "ipe.address-twice": gettext_lazy("same address twice"),
    "ipe.duplicate": gettext_lazy("identifier twice"),
}
FORMS: Mapping[str, Any] = {
    "": gettext_lazy("As its name says, else full"),
    "full": pgettext_lazy("kind of IPE file", "full"),
    "delta": pgettext_lazy("kind of IPE file", "delta"),
}
ABSENT: Mapping[str, Any] = {
    "keep": gettext_lazy("Leave them as they are"),
    "abandon": gettext_lazy("Say that they are abandoned"),
    "delete": gettext_lazy("Delete them"),
}


def check_label(code: str) -> str:
    """What a check is about."""
    return str(CHECKS.get(code, code))


def remark_sentence(row: Mapping[str, Any]) -> str:
    """The sentence of a remark kept as columns."""
    return issue_sentence(row["code"], remark_params(row))


def remark_params(row: Mapping[str, Any]) -> dict[str, Any]:
    """The holes of its sentence."""
    return {"name": row["field"] or "", "value": row["value"] or "", "length": row["length"], "width": row["length"], "found": row["found"] if row["found"] is not None else (row["value"] or "")}  # fmt: skip


def facts(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """“PM: 3 to create, 2 to change”, a line a thing."""
    told = []
    for thing, label in THINGS.items():
        own = counts.get(thing) or {}
        parts = [f"{own[kind]} {words}" for kind, (words, _tone) in KINDS.items() if own.get(kind)]
        same = own.get("same", 0)
        if same:
            parts.append(_("%(n)d as they are") % {"n": same})
        if parts:
            told.append(f"{label}{_(': ')}{', '.join(parts)}")
    return told
