"""What the page of a call shows of its PBX, and the audited look at a masked number."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.usage import labels
from chappe.apps.usage.access import AREA
from chappe.apps.usage.choices import KINDS, WAYS, word
from chappe.apps.usage.models import Call
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import event
from chappe.kit.screens.declare import Done

register_sentence("usage.unmasked", gettext_noop("{actor} looked at the whole number of call {call} of {object}"))


def pbx(call: Call, user: Any) -> dict[str, Any]:
    """Who called whom through which trunk, with links to customer, line and source."""
    ids = [
        (title, getattr(call, f"{kind.removesuffix('_id')}_name"), labels.url_of(kind, getattr(call, kind)))
        for kind, title in (
            ("source", _("Source")), ("customer", _("Customer")), ("line_id", _("Line")), ("cost_centre", _("Cost centre")),
        )
        if getattr(call, kind) is not None
    ]  # fmt: skip
    return {
        "call": call, "ids": ids, "is_of_pbx": call.source is not None, "way": word(WAYS, call.way),
        "kind": word(KINDS, call.kind),
    }  # fmt: skip


def is_masked(call: Call, _user: Any) -> bool:
    """Whether there is something to reveal."""
    return call.is_masked


def reveal(*, actor: Actor, objects: list[Call]) -> Done:
    """Tell the whole number of one call; the journal of its batch says who asked."""
    call = objects[0]
    if actor.user is not None:
        require_on(actor.user, call.batch, Level.WRITE)
    event(actor, call.batch, "usage.unmasked", call=call.pk)
    number = next(value for name, value in call.whole_numbers.items() if value != getattr(call, name))
    return Done(_("The whole number is %(number)s.") % {"number": number})


__all__ = ["AREA", "is_masked", "pbx", "reveal"]
