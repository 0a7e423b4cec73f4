"""Verbs of usage: receive a file of calls, rate it, rate it again, simulate.

The only writers of batches, days and simulations. Rating happens in jobs: these verbs queue them. A verb
may be repeated at any moment (a job is run again after a kill -9) without counting a call twice.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.usage import counts, lake, rating, upkeep
from chappe.apps.usage.access import AREA
from chappe.apps.usage.models import UsageBatch
from chappe.apps.usage.rights import may_use
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, is_house, require, require_on
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.audit.services import created, event
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs.services import enqueue

RATED_SENTENCE = gettext_noop(
    "{actor} rated {object}: {calls} calls, {rated} priced, {unrated} without a price, {rejected} rejected"
)
RERATED_SENTENCE = gettext_noop("{actor} asked to rate {object} again with {version}")
register_sentence("usage.rated", RATED_SENTENCE)
register_sentence("usage.rerated", RERATED_SENTENCE)


def receive(
    *, actor: Actor, stored: StoredFile, version: TariffVersion, owner: Any = None, name: str = ""
) -> tuple[UsageBatch, bool]:
    """Take a file of calls and queue its rating; ``(batch, True)``, or the batch that has the same bytes and False.

    A file sent twice by the same operator is the same calls: nothing is read or counted again.
    """
    if actor.user is not None:
        require(actor.user, AREA, Level.WRITE)
        owner = owner if is_house(actor.user) else actor.user.organisation
        may_use(actor.user, version)
    key = _replay_key(stored.sha256, owner, 1)
    with transaction.atomic():
        batch, is_new = UsageBatch.objects.get_or_create(
            replay_key=key,
            defaults={"name": name or stored.name, "source": stored, "owner": owner, "version": version},
        )
        if is_new:
            created(actor, batch)
            _queue(batch, actor)
    return batch, is_new


def rate_again(*, actor: Actor, batch: UsageBatch, version: TariffVersion) -> UsageBatch:
    """Price the calls of ``batch`` with another version; the old prices stay readable, the new ones count.

    Raises ValidationError when the batch does not stand now (being rated, replaced, failed).
    """
    if actor.user is not None:
        require_on(actor.user, batch, Level.WRITE)
        may_use(actor.user, version)
    with transaction.atomic():
        batch = UsageBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
        if batch.state != UsageBatch.State.READY:
            raise ValidationError(_("Only calls that are rated now can be rated again."))
        if batch.is_erased:
            raise ValidationError(_("The numbers of these calls were erased: no price can be made again."))
        if batch.is_stream:
            raise ValidationError(_("The calls of a source are rated again with the tariffs of their customers."))
        if hasattr(batch, "replaced_by"):
            raise ValidationError(_("This file is already being rated again."))
        new = UsageBatch.objects.create(
            replay_key=_replay_key(batch.source.sha256, batch.owner, batch.generation + 1),
            name=batch.name,
            source=batch.source,
            owner=batch.owner,
            version=version,
            generation=batch.generation + 1,
            replaces=batch,
        )
        event(actor, batch, "usage.rerated", version=str(version))
        _queue(new, actor)
    return new


def _replay_key(sha256: str, owner: Any, generation: int) -> str:
    return f"{sha256}:{owner.pk if owner else 0}:{generation}"


def _queue(batch: UsageBatch, actor: Actor) -> None:
    batch.job = enqueue(
        "usage.rate",
        actor=actor,
        label=_("Rate %(name)s") % {"name": batch.name},
        unique=f"usage.rate:{batch.pk}",
        owner=batch.owner,
        batch=batch.pk,
    )
    batch.save(update_fields=["job"])


def run_rating(*, actor: Actor, batch: UsageBatch, progress: Callable[[int, int], None]) -> None:
    """Rate a batch into the lake and make it stand. Safe to repeat: the lake takes a uid once."""
    if batch.state in {UsageBatch.State.READY, UsageBatch.State.REPLACED}:
        return
    UsageBatch.objects.filter(pk=batch.pk).update(state=UsageBatch.State.RATING, problem="")
    if not lake.holds(str(batch.uid)):
        rating.into_lake(batch, progress)
    _stand(actor, batch)


def _stand(actor: Actor, batch: UsageBatch) -> None:
    """Count what the lake holds of the batch and, in one transaction, let it take the place of the one before."""
    tally = counts.of_lake(batch.pk)
    with transaction.atomic():
        stand(actor, batch, tally)
    upkeep.after(batch.calls, max(batch.months, default=""))


def stand(actor: Actor, batch: UsageBatch, tally: counts.Tally) -> None:
    """Let ``batch`` count as ``tally`` says, in the place of the one before. Inside a transaction of the caller."""
    counts.put(batch, tally)
    if batch.replaces_id:
        UsageBatch.objects.filter(pk=batch.replaces_id).update(state=UsageBatch.State.REPLACED)
    batch.state = UsageBatch.State.READY
    batch.ended_at = timezone.now()
    batch.save()
    event(
        actor, batch, "usage.rated", calls=batch.calls, rated=batch.rated, unrated=batch.unrated, rejected=batch.rejected,
    )  # fmt: skip


def fail(*, batch: UsageBatch, problem: str) -> None:
    """Say on the batch why its rating stopped; its job may be tried again."""
    UsageBatch.objects.filter(pk=batch.pk).exclude(state__in=["ready", "replaced"]).update(
        state=UsageBatch.State.FAILED, problem=problem
    )
