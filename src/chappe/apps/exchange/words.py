"""What is said of a file: its verdict, whose turn it is, the sentence of a fault, the line of a change.

Verdicts and faults are kept as a code with parameters and said here, in the language of whoever reads.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name
from django.utils.translation import ngettext

from chappe.core.base.issue import SENTENCES, declare
from chappe.kit.ui import formats as written

declare(
    {
        "table.empty": N_("The file is empty: there is not even a header line."),
        "table.not-text": N_("This is no text file: it cannot be read as a table."),
        "table.no-rows": N_("The file has a header but no line."),
        "table.converted": N_("Bytes that are not UTF-8 were read as Windows-1252: look at the accents."),
        "table.column-missing": N_(
            "The header has no column “{name}”. Columns are found by their names, in any order."
        ),
        "table.column-twice": N_("The header names the column “{name}” twice; only the first is read."),
        "table.column-unknown": N_("The column “{name}” is not known; it is left aside."),
        "table.column-secret": N_(
            "The column “{name}” looks like a secret: secrets are typed on the page, never imported."
        ),
        "table.too-few": N_("{found} cells instead of {expected}: the line is cut short."),
        "table.too-many": N_("{found} cells instead of {expected}: a separator too many, or missing quotes."),
        "table.unclosed-quote": N_("A quote is opened and never closed on this line."),
        "table.nul-byte": N_("The line holds a NUL byte, or is longer than a line may be."),
        "table.bad-word": N_("“{value}” is not one of: {known}."),
        "exchange.value-missing": N_("“{field}” is empty."),
        "exchange.value-refused": "{text}",
        "exchange.too-long": N_("“{field}” has more than {limit} characters."),
        "exchange.already-taken": N_("“{value}” belongs to another row already."),
        "exchange.key-twice": N_("“{key}” stands on line {first} already: this line is left aside."),
        "exchange.key-ambiguous": N_("“{key}” fits several rows already there: nobody can tell which."),
    }
)

SENTENCE_NAMES = frozenset({"text"})


def issue_sentence(code: str, params: Mapping[str, Any]) -> str:
    """What is wrong, in the active language. A refusal of a form keeps its English source and its values."""
    if code == "exchange.value-refused":
        text = str(params.get("text", ""))
        said = _(text) if text else ""
        try:
            return said % _told(params.get("values") or {})
        except (KeyError, TypeError, ValueError):
            return said
    source = SENTENCES.get(code, "")
    return _(source).format_map(_Holes(_told(params))) if source else code


def _told(params: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a sentence, its day as the reader writes days. What a file holds is cited as it stands there."""
    told = dict(params)
    if isinstance(told.get("day"), str):
        with suppress(ValueError):
            told["day"] = written.day(dt.date.fromisoformat(told["day"]))
    return told


class _Holes(dict):
    def __missing__(self, key: str) -> str:
        return "?"


def frozen(error: ValidationError) -> tuple[str, dict[str, str]]:
    """The English source of a refusal and its values, so that each reader gets it in their own language."""
    message, params = error.message, error.params or {}
    with translation.override("en"):
        if not isinstance(message, str) and not str(message):  # a plural waits for its number
            return str(message % params), {}
        return str(message), {key: _plain(value) for key, value in params.items()}


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


VERDICTS = {
    "unknown-kind": N_("Nobody can tell what this file is. Choose its kind: it will then be read."),
    "not-yours": N_("This is a file of the kind “{kind}”, which your rights do not let you send."),
    "needs-options": N_("It looks like “{kind}”. Say how to take it in, and it will be read."),
    "waits": N_("It is in the queue and will be read in a moment."),
    "unreadable": N_("Nothing can be taken from this file: see its anomalies, mend it and send it again."),
    "all-refused": N_("No line of this file can be taken in: see its anomalies, mend them and send it again."),
    "others-refused": N_("The lines that could be read change nothing; the others were refused: see their anomalies, mend them and send them again."),
    "nothing": N_("Nothing to change: everything this file says is so already."),
    "twin": N_("The same content was applied on {when}: it is not taken in twice. Undo the first to apply it again."),
    "stopped": N_("The work was stopped before its end. Nothing was changed: start it again."),
    "read-failed": N_("Reading stopped on a fault of ours; nothing was changed. Read it again, or tell your administrator."),
    "apply-refused": N_("Applying was refused and nothing was changed: {why}"),
    "apply-failed": N_("Applying stopped on a fault of ours and nothing was changed. Apply it again, or tell your administrator."),
    "undo-refused": N_("This file stays applied: {why}"),
    "undone": N_("What this file changed was put back as it was."),
}  # fmt: skip


def verdict(file: Any) -> str:
    """How the file came out, in one or two sentences."""
    told = file.verdict or {}
    code, params = told.get("code", ""), dict(told.get("params") or {})
    if code in {"planned", "applied"}:
        return _counted(file, code)
    if "kind" in params:
        from chappe.apps.exchange.formats import label_of

        params["kind"] = label_of(params["kind"])
    if "when" in params:
        params["when"] = _moment(params["when"])
    source = VERDICTS.get(code)
    if source is None:
        return _("The file has arrived.")
    return _(source).format_map(_Holes(params))


def _moment(text: str) -> str:
    import datetime as dt

    return written.moment(dt.datetime.fromisoformat(text))


def counts(file: Any) -> list[tuple[str, int, str]]:
    """(kind, number, words) of what the plan would do, without the zeros."""
    plan = file.plan or {}
    said = [
        ("create", ngettext("%(n)s to create", "%(n)s to create", plan.get("create", 0))),
        ("update", ngettext("%(n)s to change", "%(n)s to change", plan.get("update", 0))),
        ("delete", ngettext("%(n)s to delete", "%(n)s to delete", plan.get("delete", 0))),
        ("refuse", ngettext("%(n)s line refused", "%(n)s lines refused", plan.get("refuse", 0))),
    ]
    return [(kind, plan[kind], words % {"n": written.number(plan[kind])}) for kind, words in said if plan.get(kind)]


def done_counts(file: Any) -> str:
    """The same once applied: “3 created, 2 changed”."""
    plan = file.plan or {}
    said = [
        ("create", ngettext("%(n)s created", "%(n)s created", plan.get("create", 0))),
        ("update", ngettext("%(n)s changed", "%(n)s changed", plan.get("update", 0))),
        ("delete", ngettext("%(n)s deleted", "%(n)s deleted", plan.get("delete", 0))),
        ("refuse", ngettext("%(n)s line refused", "%(n)s lines refused", plan.get("refuse", 0))),
    ]
    return ", ".join(words % {"n": written.number(plan[kind])} for kind, words in said if plan.get(kind))


def _counted(file: Any, code: str) -> str:
    if code == "applied":
        return _("Applied: %(counts)s.") % {"counts": done_counts(file)}
    lines = ngettext("%(n)s line read", "%(n)s lines read", file.lines) % {"n": written.number(file.lines)}
    told = ", ".join(words for _kind, _n, words in counts(file))
    sentence = _("%(lines)s: %(counts)s.") % {"lines": lines, "counts": told}
    over = (file.plan or {}).get("over")
    if over:
        sentence += " " + over_sentence(file)
    return sentence


def over_sentence(file: Any) -> str:
    """Why the plan is held back, and the switch that lets it through."""
    plan = file.plan or {}
    return _(
        "It would change %(percent)s %% of the %(existing)s rows already there, over the limit of %(limit)s %%: "
        "look at the plan, then use “Apply anyway” (administrator of “Files exchanged”)."
    ) % {
        "percent": written.number(plan.get("over", 0)),
        "existing": written.number(plan.get("existing", 0)),
        "limit": written.number(plan.get("limit", 0)),
    }


def turn(file: Any) -> str:
    """Whose turn it is, in a sentence."""
    sender = str(file.owner) if file.owner_id else _("the house")
    match file.state:
        case "reading" | "applying" | "undoing":
            return _("Chappe is at work") if not file.is_stuck else _("Yours: start it again")
        case "received" | "quarantined":
            return _("Yours: say what it is")
        case "planned" | "read":
            if (file.plan or {}).get("over"):
                return _("An administrator: look at the plan and apply it anyway, or not")
            return _("Yours: look at the plan and apply it")
        case "refused":
            if file.twin_id:
                return _("Nobody: it was applied before")
            return _("%(sender)s: mend it and send it again") % {"sender": sender}
        case "failed":
            return _("Yours: start it again, or tell your administrator")
        case "applied" if file.errors:
            return _("%(sender)s: mend the refused lines and send them again") % {"sender": sender}
    return _("Nobody: it is finished")


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
LONGEST = 200  # characters of a value: the course of a cable is thousands


def shown(value: Any, says: Callable[[Any], str] | None = None) -> str:
    """A value of a change as a person reads it; ``says`` is the way of its field, when it has one."""
    if value is None or value == "":
        return "∅"
    if says is not None:
        return says(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and _DAY.match(value):
        with suppress(ValueError):
            return written.day(dt.date.fromisoformat(value))
    return Truncator(value).chars(LONGEST) if isinstance(value, str) else str(value)


def change_rows(change: Any) -> list[tuple[str, str, str]]:
    """(field, before, after) of a planned change, labels in the reader's language, in the order of the format's columns.

    PostgreSQL gives the keys of a JSON value back in an order of its own.
    """
    from chappe.apps.exchange.formats import get

    form = get(change.file.kind)
    labels, says = (form.fields, form.says) if form else ({}, {})
    rank = {name: number for number, name in enumerate(labels)}
    names = sorted(dict.fromkeys([*change.before, *change.after]), key=lambda name: rank.get(name, len(rank)))
    return [
        (
            str(labels.get(name, name)),
            *(shown(values.get(name), says.get(name)) for values in (change.before, change.after)),
        )
        for name in names
    ]


def change_summary(change: Any) -> str:
    """Every value that changes, in one line."""
    rows = change_rows(change)
    if change.kind == "create":
        return " · ".join(f"{label}: {after}" for label, _before, after in rows)
    return " · ".join(f"{label}: {before} → {after}" for label, before, after in rows)
