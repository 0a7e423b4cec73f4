"""Hand the files over, in their order, and try again what failed, later and later, before giving up. The port does the talking."""

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.apps.publication.port import ExchangeFolder, HandOverError, LocalFolder
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import house_only
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.ops.config import value

State = PublishedFile.State
PENDING = (State.WAITING, State.FAILED)
FIRST_WAIT, LONGEST_WAIT, MOST = dt.timedelta(minutes=15), dt.timedelta(hours=6), 12
STARTED_AGAIN = "publication.hand-over"
register_sentence(STARTED_AGAIN, gettext_noop("{actor} had {object} handed over again"))


def root() -> Path:
    """Where the folders of the recipients stand."""
    return Path(value("DATA")) / "exchange"


def port_of(recipient: Recipient) -> ExchangeFolder:
    """The recipient's side."""
    return LocalFolder(root() / recipient.folder_name())


def hand_over_due(*, now: dt.datetime | None = None, progress: Callable[[int, int, str], None] = lambda *told: None) -> dict[str, int]:  # fmt: skip
    """Everything whose time has come. A file that fails holds back those after it: a delta never overtakes another."""
    moment = now or timezone.now()
    counts = {"handed": 0, "failed": 0}
    recipients = Recipient.objects.filter(active=True, hand_over=True).select_related("operator").order_by("pk")
    total = PublishedFile.objects.filter(state__in=PENDING, due_at__lte=moment).count()
    for recipient in recipients:
        for row in _in_order(recipient):
            if row.due_at is not None and row.due_at > moment:
                break
            done = hand_over(row, recipient, now=moment)
            counts["handed" if done else "failed"] += 1
            progress(sum(counts.values()), total, row.name)
            if not done:
                break
    return counts


def _in_order(recipient: Recipient) -> Iterable[PublishedFile]:
    rows = PublishedFile.objects.filter(operator=recipient.operator, state__in=PENDING).exclude(stored=None)
    return rows.select_related("stored").order_by("day", "made_at", "pk")


def hand_over(row: PublishedFile, recipient: Recipient, *, now: dt.datetime | None = None) -> bool:
    """One file; answers whether it is over there. The row says how it went."""
    moment = now or timezone.now()
    try:
        if row.stored is None:
            raise HandOverError(_("The file was not made."))
        with row.stored.open() as content:
            port_of(recipient).put(row.name, content, row.sha256)
    except FileNotFoundError:
        return _failed(row, _("The bytes of this file are missing from the store. Tell your administrator."), moment)
    except HandOverError as error:
        return _failed(row, str(error), moment)
    PublishedFile.objects.filter(pk=row.pk).update(
        state=State.HANDED, handed_at=moment, problem="", due_at=None, attempts=row.attempts + 1
    )
    return True


def _failed(row: PublishedFile, problem: str, now: dt.datetime) -> bool:
    attempts = row.attempts + 1
    over = attempts >= MOST
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    PublishedFile.objects.filter(pk=row.pk).update(
        state=State.STOPPED if over else State.FAILED, problem=problem[:300], attempts=attempts,
        due_at=None if over else now + wait,
    )  # fmt: skip
    return False


def why_not(row: PublishedFile) -> str | None:
    """Why a file cannot be handed over by hand; None when it can."""
    if row.stored_id is None:
        return _("The file was not made.")
    recipient = Recipient.objects.filter(operator=row.operator_id).first()
    if recipient is None or not recipient.active or not recipient.hand_over:
        return _("This operator is not handed any file: change it on the page of the recipient.")
    return None


def start_again(*, actor: Actor, files: list[PublishedFile]) -> int:
    """Hand over now, whatever the hour and the attempts before. Answers how many are over there."""
    house_only(actor.user)
    done = 0
    for row in sorted(files, key=lambda row: (row.day, row.pk)):
        if reason := why_not(row):
            raise ValidationError(reason)
        recipient = Recipient.objects.select_related("operator").get(operator=row.operator_id)
        row.attempts = 0
        audit.event(actor, row, STARTED_AGAIN)
        done += hand_over(row, recipient)
    return done


def late(now: dt.datetime | None = None) -> Q:
    """Files that are not over there though they should be."""
    return Q(state__in=[State.FAILED, State.STOPPED]) | Q(
        state=State.WAITING, due_at__lt=(now or timezone.now()) - dt.timedelta(hours=1)
    )
