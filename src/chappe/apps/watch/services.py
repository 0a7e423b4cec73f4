"""Verbs on rules, risky prefixes and alerts: what people decide, each with a line of audit. Nothing here touches a line or a customer."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from chappe.apps.watch import mailing
from chappe.apps.watch.access import AREA
from chappe.apps.watch.models import Alert, RiskyPrefix, Rule, is_ahead
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, may, require_on, visible_to
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence

register_sentence("watch.seen", gettext_noop("{actor} has seen this alert"))
register_sentence("watch.taken", gettext_noop("{actor} deals with this alert"))
register_sentence("watch.closed", gettext_noop("{actor} closed this alert: {outcome}"))
register_sentence("watch.reopened", gettext_noop("{actor} opened this alert again"))
register_sentence("watch.muted", gettext_noop("{actor} muted it for {hours} h: {reason}"))
register_sentence("watch.heard", gettext_noop("{actor} ended the silence"))
register_sentence("watch.given", gettext_noop("{actor} gave this alert to {who}: {note}"))
register_sentence("watch.proposed", gettext_noop("{actor} proposed a suspension: {note}"))

State = Alert.State
DECIMALS = ("warning", "critical", "amount")


# -- rules and prefixes ----------------------------------------------------------------------------------------------
def create(*, actor: Actor, data: Mapping[str, Any], model: type[Any] = Rule) -> Any:
    """A new rule; it watches what comes from now on, and says nothing of the past."""
    made = model(**data)
    if actor.user is not None:
        claim(actor.user, made)
    made.full_clean()
    with transaction.atomic():
        made.save()
        audit.created(actor, made)
    return made


def update(*, actor: Actor, object: Any, data: Mapping[str, Any]) -> Any:
    """Change a rule or a prefix."""
    if actor.user is not None:
        require_on(actor.user, object, Level.WRITE)
    row = type(object).objects.get(pk=object.pk)
    if actor.user is not None and "owner" in data:
        for name, value in data.items():
            setattr(row, name, value)
        claim(actor.user, row)
        data = {**data, "owner": row.owner}
    audit.saved(actor, row, data)
    return row


def delete(*, actor: Actor, object: Any) -> None:
    """A rule that raised alerts is stopped, not deleted."""
    if actor.user is not None:
        require_on(actor.user, object, Level.WRITE)
    if isinstance(object, Rule) and object.alerts.exists():
        raise ValidationError(_("This rule has raised alerts: they are kept with it. Stop it instead."))
    with transaction.atomic():
        audit.deleted(actor, object)
        object.delete()


def set_active(*, actor: Actor, rule: Rule, active: bool) -> Rule:
    """Start or stop a rule."""
    if actor.user is not None:
        require_on(actor.user, rule, Level.WRITE)
    audit.saved(actor, rule, {"active": active})
    return rule


def create_prefix(*, actor: Actor, data: Mapping[str, Any]) -> RiskyPrefix:
    """A new risky prefix."""
    return create(actor=actor, data=data, model=RiskyPrefix)


@cache
def packaged() -> tuple[dict[str, Any], ...]:
    """The rules that come with Chappe, as they are written."""
    text = files("chappe.apps.watch").joinpath("data/rules.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["rule"])


def packaged_name(row: Mapping[str, Any]) -> str:
    """The name of a packaged rule in the reader's language."""
    french, english = row["name"]
    return str(french if (get_language() or "fr").startswith("fr") else english)


def packaged_rule(row: Mapping[str, Any]) -> Rule:
    """A rule as it would be, not kept."""
    fields = {name: value for name, value in row.items() if name not in {"slug", "name"}}
    fields |= {name: Decimal(fields[name]) for name in DECIMALS if name in fields}
    return Rule(packaged=row["slug"], name=packaged_name(row), **fields)


def install(*, actor: Actor, owner: Any, slugs: set[str]) -> int:
    """Take packaged rules for an operator (None: the house); those that are there already stay as they are."""
    there = set(Rule.objects.filter(owner=owner).values_list("packaged", flat=True))
    count = 0
    with transaction.atomic():
        for row in packaged():
            if row["slug"] not in slugs or row["slug"] in there:
                continue
            rule = packaged_rule(row)
            rule.owner = owner
            if actor.user is not None:
                claim(actor.user, rule)
            rule.full_clean()
            rule.save()
            audit.created(actor, rule)
            count += 1
    return count


# -- alerts ----------------------------------------------------------------------------------------------------------
def see(*, actor: Actor, alert: Alert) -> Alert:
    """Somebody has read it."""
    return _move(actor, alert, "watch.seen", {State.NEW}, state=State.SEEN)


def take(*, actor: Actor, alert: Alert) -> Alert:
    """Somebody deals with it."""
    return _move(actor, alert, "watch.taken", {State.NEW, State.SEEN}, state=State.PROGRESS, handled_by=actor.user)


def close(*, actor: Actor, alert: Alert, outcome: str, comment: str = "") -> Alert:
    """It is dealt with: what it was, and what was done about it."""
    if outcome not in Alert.Outcome.values:
        raise ValidationError(_("Say what it was."))
    return _move(
        actor, alert, "watch.closed", {State.NEW, State.SEEN, State.PROGRESS}, params={"outcome": str(Alert.Outcome(outcome).label)},
        state=State.CLOSED, outcome=outcome, comment=comment.strip(), closed_at=timezone.now(), handled_by=actor.user or alert.handled_by,
    )  # fmt: skip


def reopen(*, actor: Actor, alert: Alert) -> Alert:
    """It was closed too soon."""
    return _move(actor, alert, "watch.reopened", {State.CLOSED}, state=State.SEEN, outcome="", closed_at=None)


def give(*, actor: Actor, alert: Alert, to: Any, note: str = "") -> Alert:
    """Somebody else deals with it, and is told by mail. Refused for a person who could do nothing with it."""
    if not may(to, AREA, Level.WRITE) or not visible_to(to, Alert).filter(pk=alert.pk).exists():
        raise ValidationError(_("%(who)s may not handle this alert.") % {"who": to})
    with transaction.atomic():
        row = _move(
            actor, alert, "watch.given", {State.NEW, State.SEEN, State.PROGRESS}, params={"who": str(to), "note": note.strip()[:300] or "–"},
            state=State.PROGRESS, handled_by=to,
        )  # fmt: skip
        if actor.user != to:
            mailing.tell_given(actor=actor, alert=row, to=to, note=note.strip())
    return row


def mute(*, actor: Actor, alert: Alert, hours: int, reason: str = "") -> Alert:
    """Nobody is told of this customer by this rule for a time; what is raised meanwhile waits beside, and comes back afterwards. A
    critical alert is heard all the same, unless the muted one was critical. Who may change the rule may mute it."""
    if actor.user is not None:
        require_on(actor.user, alert.rule, Level.WRITE)
    until = timezone.now() + timedelta(hours=hours)
    return _move(
        actor, alert, "watch.muted", {State.NEW, State.SEEN, State.PROGRESS}, params={"hours": hours, "reason": reason.strip()[:300] or "–"},
        muted_until=until, state=State.SEEN if alert.state == State.NEW else alert.state,
    )  # fmt: skip


def unmute(*, actor: Actor, alert: Alert) -> Alert:
    """It is heard again, with all that its silence held for the same customer."""
    if actor.user is not None:
        require_on(actor.user, alert.rule, Level.WRITE)
    with transaction.atomic():
        Alert.objects.filter(subject=alert.subject).update(muted_until=None)
        return _move(actor, alert, "watch.heard", set(State.values), muted_until=None)


def mute_rule(*, actor: Actor, rule: Rule, hours: int, reason: str = "") -> Rule:
    """A rule goes on counting and tells nobody for a time."""
    until = timezone.now() + timedelta(hours=hours)
    return _silence(actor, rule, until, "watch.muted", hours=hours, reason=reason.strip()[:300] or "–")


def unmute_rule(*, actor: Actor, rule: Rule) -> Rule:
    """It tells again, with what it held back."""
    return _silence(actor, rule, None, "watch.heard")


def _silence(actor: Actor, rule: Rule, until: datetime | None, verb: str, **params: Any) -> Rule:
    if actor.user is not None:
        require_on(actor.user, rule, Level.WRITE)
    with transaction.atomic():
        row = Rule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
        held = row.muted_until
        row.muted_until = until
        row.save(update_fields=["muted_until"])
        if is_ahead(held):  # what it holds back follows it
            Alert.objects.filter(rule=row, muted_until=held).update(muted_until=until)
        audit.event(actor, row, verb, **params)
    return row


def propose(*, actor: Actor, alert: Alert, note: str) -> Alert:
    """A note that a suspension should be looked at. Nothing is done: a person does it, elsewhere."""
    if not note.strip():
        raise ValidationError(_("Say why."))
    return _move(
        actor,
        alert,
        "watch.proposed",
        {State.NEW, State.SEEN, State.PROGRESS},
        params={"note": note.strip()[:300]},
        proposed=True,
    )


def _move(
    actor: Actor, alert: Alert, verb: str, states: set[str], *, params: Mapping[str, Any] | None = None, **values: Any
) -> Alert:
    """Lock the row, check where it stands, write, say so."""
    if actor.user is not None:
        require_on(actor.user, alert, Level.WRITE)
    with transaction.atomic():
        row = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
        if row.state not in states:
            raise ValidationError(
                _("This alert is “%(state)s” now: somebody was quicker.") % {"state": row.get_state_display()}
            )
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        audit.event(actor, row, verb, **(params or {}))
    return row
