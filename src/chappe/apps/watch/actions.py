"""Acts of the screens: each calls its verb and says so."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.watch import services
from chappe.apps.watch.models import Alert, Rule
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may_touch
from chappe.kit.screens.declare import Done

OPEN = (Alert.State.NEW, Alert.State.SEEN, Alert.State.PROGRESS)


def _each(verb: Callable[..., Any], named: str, objects: Iterable[Any], **more: Any) -> None:
    """The verb, once for each object under the name that the verb gives it."""
    for one in objects:
        verb(**{named: one}, **more)


def stop(*, actor: Actor, objects: list[Rule]) -> Done:
    _each(services.set_active, "rule", objects, actor=actor, active=False)
    return Done(_g("Stopped. Its alerts stay."))


def start(*, actor: Actor, objects: list[Rule]) -> Done:
    _each(services.set_active, "rule", objects, actor=actor, active=True)
    return Done(_g("Started. It watches what comes from now on."))


def see(*, actor: Actor, objects: list[Alert]) -> Done:
    _each(services.see, "alert", objects, actor=actor)
    return Done(_g("Noted."))


def take(*, actor: Actor, objects: list[Alert]) -> Done:
    _each(services.take, "alert", objects, actor=actor)
    return Done(_g("You deal with it: others see your name."))


def close(*, actor: Actor, objects: list[Alert], outcome: str, comment: str = "") -> Done:
    _each(services.close, "alert", objects, actor=actor, outcome=outcome, comment=comment)
    return Done(_g("Closed."))


def reopen(*, actor: Actor, objects: list[Alert]) -> Done:
    _each(services.reopen, "alert", objects, actor=actor)
    return Done(_g("Open again."))


def give(*, actor: Actor, objects: list[Alert], to: Any, note: str = "") -> Done:
    _each(services.give, "alert", objects, actor=actor, to=to, note=note)
    return Done(_g("%(who)s deals with it now, and is told by mail.") % {"who": to})


def mute(*, actor: Actor, objects: list[Alert], hours: int, reason: str = "") -> Done:
    _each(services.mute, "alert", objects, actor=actor, hours=hours, reason=reason)
    return Done(_g("Muted for a time: see the tab “Muted”. It comes back by itself."))


def unmute(*, actor: Actor, objects: list[Alert]) -> Done:
    _each(services.unmute, "alert", objects, actor=actor)
    return Done(_g("Heard again."))


def mute_rule(*, actor: Actor, objects: list[Rule], hours: int, reason: str = "") -> Done:
    _each(services.mute_rule, "rule", objects, actor=actor, hours=hours, reason=reason)
    return Done(_g("Muted for a time: it goes on counting, and tells again by itself."))


def unmute_rule(*, actor: Actor, objects: list[Rule]) -> Done:
    _each(services.unmute_rule, "rule", objects, actor=actor)
    return Done(_g("Heard again."))


def propose(*, actor: Actor, objects: list[Alert], note: str) -> Done:
    _each(services.propose, "alert", objects, actor=actor, note=note)
    return Done(_g("Written down. Nothing was done to the line: that remains for a person to decide."))


def can_mute(alert: Alert, _user: Any) -> bool:
    return alert.state in OPEN and not alert.is_muted


def why_not_mute(alert: Alert, user: Any) -> Any:
    if not may_touch(user, alert.rule, Level.WRITE):
        return _("This rule is not yours: only those who may change it silence it.")
    return None if can_mute(alert, user) else _("It is closed, or muted already.")


def why_not_unmute(alert: Alert, user: Any) -> Any:
    if not may_touch(user, alert.rule, Level.WRITE):
        return _("This rule is not yours: only those who may change it silence it.")
    return None if alert.is_muted else _("It is not muted.")


def is_new(alert: Alert, _user: Any) -> bool:
    return alert.state == Alert.State.NEW


def can_take(alert: Alert, _user: Any) -> bool:
    return alert.state in {Alert.State.NEW, Alert.State.SEEN}


def is_open(alert: Alert, _user: Any) -> bool:
    return alert.state in OPEN


def can_propose(alert: Alert, _user: Any) -> bool:
    return alert.state in OPEN and not alert.proposed


def is_closed(alert: Alert, _user: Any) -> bool:
    return alert.state == Alert.State.CLOSED


def why_not_new(alert: Alert, user: Any) -> Any:
    return None if is_new(alert, user) else _("Somebody has seen it already.")


def why_not_take(alert: Alert, user: Any) -> Any:
    return None if can_take(alert, user) else _("Somebody deals with it already, or it is closed.")


def why_not_open(alert: Alert, user: Any) -> Any:
    return None if is_open(alert, user) else _("This alert is closed.")


def why_not_closed(alert: Alert, user: Any) -> Any:
    return None if is_closed(alert, user) else _("This alert is open.")


def why_not_propose(alert: Alert, user: Any) -> Any:
    if not is_open(alert, user):
        return _("This alert is closed.")
    return _("A suspension is proposed already.") if alert.proposed else None
