"""Two versions side by side, for people: which prices moved, by how much, said in the reader's words."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chappe.apps.tariffs import words
from chappe.apps.tariffs.loading import Content, content_of, read_content
from chappe.apps.tariffs.models import TariffVersion
from chappe.core.rating.model import ANY, PlanEntry, ProfileKey, Tariff
from chappe.core.tariff.door import Change, compare
from chappe.kit.screens.exports import BOM, disarmed
from chappe.kit.ui import formats

MOST_JUMPS = 5
Key = tuple[str, str, str]  # plan, prefix, timing


@dataclass(frozen=True)
class Summary:
    """How many prices came, went, moved; and other differences."""

    added: int
    removed: int
    changed: int
    dearer: int
    cheaper: int
    timings: int
    profiles: int

    @property
    def same(self) -> bool:
        return not (self.added or self.removed or self.changed or self.timings or self.profiles)


@lru_cache(maxsize=8)
def _changes(a: Content, b: Content) -> tuple[Change, ...]:
    return changes_of(read_content(*a), read_content(*b))


def changes_between(a: TariffVersion, b: TariffVersion) -> tuple[Change, ...]:
    """Every change from ``a`` to ``b``, the largest move first. Raises ValueError when one cannot be read any more."""
    return _changes(content_of(a), content_of(b))


def changes_of(a: Tariff, b: Tariff) -> tuple[Change, ...]:
    """The same for two tariffs at hand."""
    return tuple(sorted(compare(a, b), key=_rank))


def _rank(change: Change) -> tuple[int, int]:
    if change.percent is not None:
        return 1, -abs(change.percent)
    return (0 if change.subject == "price" and change.kind == "changed" else 2), 0  # from free to paid: first


def summary(changes: Iterable[Change]) -> Summary:
    """Counts, for the tiles."""
    prices = [one for one in changes if one.subject == "price"]
    moved = [one for one in prices if one.kind == "changed"]
    others = [one.subject for one in changes if one.subject != "price"]
    return Summary(
        added=sum(one.kind == "added" for one in prices),
        removed=sum(one.kind == "removed" for one in prices),
        changed=len(moved),
        dearer=sum((one.percent or 0) > 0 or one.percent is None for one in moved),
        cheaper=sum((one.percent or 0) < 0 for one in moved),
        timings=others.count("timing"),
        profiles=others.count("profile"),
    )


def narrowed(
    changes: Iterable[Change], *, subject: str = "", kind: str = "", plan: str = "", text: str = "", least: int = 0
) -> list[Change]:
    """Changes that pass the filters; ``text`` begins a prefix or is part of a destination's name."""
    plain = text.strip().casefold()
    return [
        one
        for one in changes
        if (not subject or one.subject == subject)
        and (not kind or one.kind == kind)
        and (not plan or one.plan == plan)
        and (not plain or one.prefix.startswith(plain) or plain in one.destination.casefold())
        and (not least or one.percent is None or abs(one.percent) >= least)
    ]


def told(changes: list[Change], a: Tariff, b: Tariff) -> Iterator[dict[str, Any]]:
    """Rows for a table: each change with what it was and what it becomes, in words."""
    keys = {(one.plan, one.prefix, one.timing) for one in changes if one.subject == "price"}
    old, new = _entries(a, keys), _entries(b, keys)
    olds, news = words.plan_measures(a), words.plan_measures(b)
    kinds = {
        "added": (_("Added"), "new"),
        "removed": (_("Removed"), "warn"),
        "changed": (pgettext("tariff", "Changed"), "run"),
    }
    for one in changes:
        key = (one.plan, one.prefix, one.timing)
        match one.subject:
            case "price":
                before, after = _price(old.get(key), olds, a), _price(new.get(key), news, b)
            case "timing":
                before = words.timing_words(a.timings.get(one.timing))
                after = words.timing_words(b.timings.get(one.timing))
            case _:
                before, after = _profile(a, one.destination), _profile(b, one.destination)
        label, tone = kinds[one.kind]
        yield {
            "change": one, "kind": label, "tone": tone, "before": before, "after": after,
            "prefix": _("any number") if one.prefix == ANY else one.prefix,
            "timing": words.timing_name(one.timing) if one.timing else "",
            "percent": _percent(one), "up": one.percent is None or one.percent > 0,
        }  # fmt: skip


def _percent(change: Change) -> str:
    if change.subject != "price" or change.kind != "changed":
        return ""
    if change.percent is None:
        return _("was free")
    return ("+" if change.percent > 0 else "") + formats.percent(change.percent / 100, 0)


def _entries(tariff: Tariff, keys: set[Key]) -> dict[Key, tuple[str, PlanEntry]]:
    """Of each key the price that the comparison took: of several the latest, then the heaviest."""
    found: dict[Key, tuple[str, PlanEntry]] = {}
    for plan in {key[0] for key in keys}:
        for entry in tariff.plans.get(plan, ()):
            prefixes = (ANY,) if entry.destination == ANY else tariff.destinations.get(entry.destination, ())
            for prefix in prefixes:
                key = (plan, prefix, entry.timing)
                if key in keys and (key not in found or _weight(entry) > _weight(found[key][1])):
                    found[key] = (plan, entry)
    return found


def _weight(entry: PlanEntry) -> tuple[int, int]:
    return entry.valid_from or 0, entry.weight


def _price(found: tuple[str, PlanEntry] | None, measures: dict[str, str], tariff: Tariff) -> str:
    if found is None:
        return ""
    plan, entry = found
    return words.rate_words(entry.rate, measure=measures.get(plan, words.TIME), currency=tariff.currency)


def _profile(tariff: Tariff, name: str) -> str:
    for key, activations in tariff.profiles.items():
        if name == profile_name(key):
            return words.activations_words(activations)
    return ""


def profile_name(key: ProfileKey) -> str:
    """As the comparison names a profile."""
    return f"{key.direction} {key.tenant} {key.category} {key.subject}"


def as_csv(rows: Iterable[dict[str, Any]]) -> str:
    """The shown changes for a spreadsheet; no cell can run as a formula."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    subjects = subject_words()
    writer.writerow(
        [
            _("What"),
            pgettext("tariff", "Change"),
            pgettext("tariff", "Plan"),
            _("Destination"),
            _("Prefix"),
            pgettext("tariff", "Timing"),
            _("Before"),
            _("After"),
            "%",
        ]
    )
    for row in rows:
        one = row["change"]
        percent = "" if one.percent is None else str(one.percent)
        cells = [subjects[one.subject], row["kind"], one.plan, one.destination, row["prefix"], row["timing"]]
        writer.writerow([disarmed(str(cell)) for cell in [*cells, row["before"], row["after"], percent]])
    return BOM + text.getvalue()


def subject_words() -> dict[str, str]:
    """What a change is about."""
    return {"price": pgettext("tariff", "Price"), "timing": pgettext("tariff", "Timing"), "profile": _("Profile")}
