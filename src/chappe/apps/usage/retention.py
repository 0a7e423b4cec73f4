"""How long calls are kept, class by class: a preview, then months of the lake rewritten in one transaction each.

Three clocks (CPCE L34-1 and L34-2): calls that are not charged are deleted; numbers of charged calls are erased, their amounts stay for
the accounts; at last what is left is deleted too. Days keep their counts (``UsageDay``): they name nobody. Never deletes
a file that came from outside: documents have their own life.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.usage import lake
from chappe.apps.usage.access import AREA
from chappe.apps.usage.columns import SCHEMA
from chappe.apps.usage.models import RetentionRule, UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, is_house, require
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event

register_sentence(
    "usage.purged",
    gettext_noop("{actor} purged {month} by {object}: {deleted} calls deleted, {erased} calls without numbers"),
)
Kind = RetentionRule.Kind
#: Emptied when numbers are erased: whatever tells who spoke with whom.
TEXTS = (
    "destination",
    "caller",
    "subject",
    "account",
    "user_name",
    "raw_ref",
    "asked",
    "reached",
    "ext",
    "account_code",
)
CHARGED = "status IN ('RATED', 'UNRATED')"
_NAMED = " OR ".join(f"coalesce({name}, '') <> ''" for name in TEXTS)
#: What a class still has to do in a month.
TO_DO = {
    Kind.TECHNICAL: f"NOT ({CHARGED})",
    Kind.BILLING: f"{CHARGED} AND ({_NAMED} OR line_id IS NOT NULL)",
    Kind.AGGREGATE: "TRUE",
}
DELETES = {Kind.TECHNICAL, Kind.AGGREGATE}


@dataclass(frozen=True, slots=True)
class Step:
    """One class in one month: how many calls it would change."""

    rule: RetentionRule
    month: str
    calls: int

    @property
    def deletes(self) -> bool:
        """Whether the calls go, or only their numbers."""
        return self.rule.kind in DELETES


def before(months: int, today: dt.date) -> str:
    """The first month that is kept: a month is due once ``months`` whole months have passed since it ended."""
    first = today.year * 12 + today.month - 1 - months
    return f"{first // 12:04d}-{first % 12 + 1:02d}"


def preview(today: dt.date | None = None, *, rules: Iterable[RetentionRule] | None = None) -> list[Step]:
    """What a purge would do today, oldest month first. Rules that are not applied at night are told too unless chosen."""
    day = today or timezone.localdate()
    steps = []
    for rule in rules if rules is not None else RetentionRule.objects.all():
        due = [month for month in lake.months() if month < before(rule.months, day)]
        if not due:
            continue
        counted = lake.query(
            f"SELECT month, count(*) AS n FROM calls WHERE {TO_DO[Kind(rule.kind)]} GROUP BY 1", months=due
        ).to_pylist()
        steps += [Step(rule, row["month"], row["n"]) for row in counted if row["n"]]
    return sorted(steps, key=lambda step: (step.month, step.rule.months))


def purge(
    *, actor: Actor, rules: Iterable[RetentionRule], progress: Callable[[int, int], None], today: dt.date | None = None
) -> list[Step]:
    """Do what :func:`preview` tells, one transaction a class and month; safe to repeat. Raises PermissionDenied."""
    allowed(actor)
    steps = preview(today, rules=list(rules))
    for number, step in enumerate(steps):
        _apply(actor, step)
        progress(number + 1, len(steps))
    return steps


def allowed(actor: Actor) -> None:
    """Only administrators of the house erase what cannot come back."""
    if actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)
        if not is_house(actor.user):
            raise ValidationError(_("Only the house decides how long calls are kept."))


def _apply(actor: Actor, step: Step) -> None:
    test = TO_DO[Kind(step.rule.kind)]
    touched = [
        row["batch"]
        for row in lake.query(f"SELECT DISTINCT batch FROM calls WHERE {test}", months=[step.month]).to_pylist()
    ]
    with transaction.atomic():  # first of all: no price may be asked of what is about to go
        UsageBatch.objects.filter(pk__in=touched).update(is_erased=True)
    lake.rewrite(step.month, f"SELECT * FROM calls WHERE NOT ({test})" if step.deletes else _erasing(test))
    with transaction.atomic():
        RetentionRule.objects.filter(pk=step.rule.pk).update(last_run=timezone.now())
        gone = {"deleted": step.calls, "erased": 0} if step.deletes else {"deleted": 0, "erased": step.calls}
        event(actor, step.rule, "usage.purged", month=step.month, **gone)


def _erasing(test: str) -> str:
    """Every row, those of ``test`` without what tells who spoke with whom."""
    columns = []
    for name in SCHEMA.names:
        if name in TEXTS:
            columns.append(f"CASE WHEN {test} THEN '' ELSE {name} END AS {name}")
        elif name == "line_id":
            columns.append(f"CASE WHEN {test} THEN NULL ELSE line_id END AS line_id")
        else:
            columns.append(name)
    return f"SELECT {', '.join(columns)} FROM calls"
