"""Acts of the lists of publication: thin, they call verbs and say what happened."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chappe.apps.publication import handing
from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only, is_house
from chappe.kit.jobs.services import enqueue
from chappe.kit.screens.declare import Done


def hand_over(*, actor: Actor, objects: list[PublishedFile]) -> Done:
    """Now, whatever the hour."""
    done = handing.start_again(actor=actor, files=objects)
    if done < len(objects) == 1:
        row = PublishedFile.objects.get(pk=objects[0].pk)
        return Done(
            _("The file was not handed over. %(why)s It is tried again by itself.") % {"why": row.problem}, failed=True
        )
    if done < len(objects):
        told = _("%(done)d of %(count)d files were handed over: the page of each other one says why.")
        return Done(told % {"done": done, "count": len(objects)}, failed=True)
    return Done(ngettext("%(n)d file was handed over.", "%(n)d files were handed over.", done) % {"n": done})


def why_not_hand_over(row: PublishedFile, _user: Any) -> Any:
    return handing.why_not(row)


def for_the_house(_row: Any, user: Any) -> bool:
    return is_house(user)


def again(*, actor: Actor, objects: list[PublishedFile], reason: str) -> Done:
    """Queue the same files anew."""
    house_only(actor.user)
    row = objects[0]
    recipient = Recipient.objects.filter(operator=row.operator_id).values_list("pk", flat=True)
    job = enqueue(
        "publication.make", actor=actor, label=_("%(file)s, made again") % {"file": row.name}, kind=row.kind, day=row.day.isoformat(),
        recipients=list(recipient), flows=[row.flow], again=reason,
    )  # fmt: skip
    return Done(_("The file is being made again."), job.get_absolute_url())


def why_not_again(row: PublishedFile, _user: Any) -> Any:
    if not Recipient.objects.filter(operator=row.operator_id, active=True).exists():
        return _("This operator receives no file any more: open it again among the recipients first.")
    return None
