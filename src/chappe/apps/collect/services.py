"""Verbs on sources, profiles, anomalies and alarms: what people decide, each with a line of audit.

What machines tell of a source is written by :mod:`told`; what comes in by :mod:`intake`; what is counted by
:mod:`pipeline`. Refusals are sentences (ValidationError) and change nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from chappe.apps.collect import profiles
from chappe.apps.collect.models import (
    LIVE_WAYS,
    Chunk,
    Source,
    SourceAlarm,
    SourceState,
    TicketIssue,
    TicketProfile,
    Way,
)
from chappe.core.tickets.clock import is_zone
from chappe.core.tickets.registry import DECODERS
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, claim, require_on
from chappe.kit.audit import services as audit
from chappe.kit.audit.sentences import register_sentence

register_sentence("collect.seen", gettext_noop("{actor} has seen the alarm of {object}: {alarm}"))
register_sentence("collect.left", gettext_noop("{actor} left {count} anomalies of {object} aside"))

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\Z")


# -- sources -------------------------------------------------------------------------------------------------------
def create_source(*, actor: Actor, data: Mapping[str, Any]) -> Source:
    """A new source; its code is made from its name when it is not given."""
    source = Source(**data)
    source.slug = source.slug or _free_slug(Source, source.name)
    if actor.user is not None:
        claim(actor.user, source)
    source.full_clean()
    check_source(source)
    with transaction.atomic():
        source.save()
        SourceState.objects.create(source=source)
        audit.created(actor, source)
    return source


def update_source(*, actor: Actor, object: Source, data: Mapping[str, Any]) -> Source:
    """Change what people decide of a source. The collector hears of it within seconds."""
    if actor.user is not None:
        require_on(actor.user, object, Level.WRITE)
    if data.get("slug", object.slug) != Source.objects.values_list("slug", flat=True).get(pk=object.pk):
        raise ValidationError({"slug": _("The code names the folder of its raw lines: it cannot be changed.")})
    for name, value in data.items():
        setattr(object, name, value)
    if actor.user is not None:
        claim(actor.user, object)
    check_source(object)
    audit.saved(actor, object, data)
    return object


def delete_source(*, actor: Actor, object: Source) -> None:
    """Only a source that never sent anything; one that did is stopped."""
    if actor.user is not None:
        require_on(actor.user, object, Level.ADMIN)
    if object.chunks.exists():
        raise ValidationError(_("Tickets came from this source: it is kept with them. Stop it instead."))
    with transaction.atomic():
        audit.deleted(actor, object)
        object.delete()


def set_active(*, actor: Actor, source: Source, active: bool) -> Source:
    """Start or stop a source; its files and calls stay."""
    if actor.user is not None:
        require_on(actor.user, source, Level.WRITE)
    audit.saved(actor, source, {"active": active})
    return source


def check_source(source: Source) -> None:
    """What the columns alone cannot say: each way needs its own settings. Raises ValidationError by field."""
    faults: dict[str, Any] = {}
    if not SLUG.match(source.slug or ""):
        faults["slug"] = _("Small letters, digits and hyphens, beginning with a letter or a digit.")
    if profiles.find(source.profile) is None:
        faults["profile"] = _("There is no such profile.")
    if source.timezone and not is_zone(source.timezone):
        faults["timezone"] = _("This is no time zone: write it like Europe/Paris.")
    if source.way in LIVE_WAYS - {Way.HTTP} and not source.port:
        faults["port"] = _("A port is needed here.")
    if source.way in {Way.CONNECT, Way.SFTP, Way.FTPS} and not source.host:
        faults["host"] = _("Say the address to connect to.")
    if source.way == Way.FOLDER and not source.folder:
        faults["folder"] = _("Say the folder where the files come.")
    if source.way == Way.SFTP and not source.server_key.strip():
        faults["server_key"] = _("The key of the server is needed: without it, anybody could stand in for it.")
    if source.way == Way.LISTEN and source.port and "port" not in faults:
        twin = Source.objects.filter(way=Way.LISTEN, port=source.port, host=source.host, active=True)
        twin = twin.exclude(pk=source.pk).first()
        if twin is not None and source.active and not _told_apart(source, twin):
            faults["port"] = _(
                "“%(name)s” listens on this port already: take another, or give each its accepted addresses."
            ) % {"name": twin}
    faults |= _written(source)
    if faults:
        raise ValidationError(faults)


def _told_apart(one: Source, other: Source) -> bool:
    mine, theirs = set(_words(one.allowed_peers)), set(_words(other.allowed_peers))
    return bool(mine and theirs and not mine & theirs)


def _written(source: Source) -> dict[str, Any]:
    """Lists typed by hand: addresses, days, ranges."""
    from ipaddress import ip_network

    faults: dict[str, Any] = {}
    for word in _words(source.allowed_peers):
        try:
            ip_network(word, strict=False)
        except ValueError:
            faults["allowed_peers"] = _("“%(word)s” is neither an address nor a network such as 192.0.2.0/24.") % {
                "word": word
            }
    if set(source.open_days) - set("1234567") or len(set(source.open_days)) != len(source.open_days):
        faults["open_days"] = _("Write the open days as digits, 1 for Monday to 7 for Sunday, such as 12345.")
    if source.opens_at >= source.closes_at:
        faults["closes_at"] = _("It must close after it opens.")
    try:
        ranges_of(source)
    except ValueError as error:
        faults["own_ranges"] = _(
            "“%(line)s” is no range of numbers: write +33384110000-+33384110099, or one number."
        ) % {"line": str(error)}
    for word in _words(source.alarm_emails):
        if "@" not in word[1:-1]:
            faults["alarm_emails"] = _("“%(word)s” is no mail address.") % {"word": word}
    return faults


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", text or "") if word]


def ranges_of(source: Source) -> list[tuple[str, str]]:
    """Own numbers as pairs of bounds. Raises ValueError with the line that is none."""
    pairs = []
    for line in (source.own_ranges or "").splitlines():
        text = re.sub(r"[\s.]", "", line)
        if not text:
            continue
        found = re.fullmatch(r"(\+?\d{2,15})(?:-(\+?\d{2,15}))?", text)
        if not found or (found[2] and len(found[1]) != len(found[2])):
            raise ValueError(line.strip())
        pairs.append((found[1], found[2] or found[1]))
    return pairs


def _free_slug(model: type, name: str) -> str:
    stem = slugify(name)[:50] or "source"
    slug, number = stem, 2
    while model.objects.filter(slug=slug).exists() or (model is TicketProfile and slug in profiles.packaged()):
        slug, number = f"{stem}-{number}", number + 1
    return slug


# -- profiles ------------------------------------------------------------------------------------------------------
def create_profile(*, actor: Actor, data: Mapping[str, Any]) -> TicketProfile:
    """Save a profile as data; it must make a decoder."""
    row = TicketProfile(**data)
    row.slug = row.slug or _free_slug(TicketProfile, row.label)
    if actor.user is not None:
        claim(actor.user, row)
    row.full_clean()
    check_profile(row)
    with transaction.atomic():
        row.save()
        audit.created(actor, row)
    return row


def update_profile(*, actor: Actor, object: TicketProfile, data: Mapping[str, Any]) -> TicketProfile:
    """Change a profile. Lines decoded before keep what they gave; refused ones can be read again."""
    if actor.user is not None:
        require_on(actor.user, object, Level.WRITE)
    if data.get("slug", object.slug) != TicketProfile.objects.values_list("slug", flat=True).get(pk=object.pk):
        raise ValidationError({"slug": _("Sources name a profile by its code: it cannot be changed.")})
    for name, value in data.items():
        setattr(object, name, value)
    if actor.user is not None:
        claim(actor.user, object)
    check_profile(object)
    audit.saved(actor, object, data)
    return object


def delete_profile(*, actor: Actor, object: TicketProfile) -> None:
    """Only a profile that no source reads with."""
    if actor.user is not None:
        require_on(actor.user, object, Level.ADMIN)
    used = Source.objects.filter(profile=object.slug).first()
    if used is not None:
        raise ValidationError(
            _("“%(source)s” is read with this profile: give it another one first.") % {"source": used}
        )
    with transaction.atomic():
        audit.deleted(actor, object)
        object.delete()


def copy_profile(*, actor: Actor, slug: str, owner: Any = None) -> TicketProfile:
    """A packaged or saved profile under a new name, to be corrected."""
    known = profiles.find(slug)
    if known is None:
        raise ValidationError(_("There is no such profile."))
    label = _("%(name)s (corrected)") % {"name": profiles.label_of(slug)}
    return create_profile(
        actor=actor,
        data={
            "label": label, "slug": _free_slug(TicketProfile, f"{slug}-2"), "owner": owner, "base": slug, "decoder": known.decoder,
            "timezone": known.timezone, "encoding": known.encoding, "columns": list(known.columns),
            "options": dict(known.options), "transport": dict(known.transport), "setup": profiles.said(known.help),
            "variant_of": known.variant_of or slug,
        },
    )  # fmt: skip


def check_profile(row: TicketProfile) -> None:
    """A profile whose decoder cannot be made is refused with what the decoder says."""
    from chappe.core.tickets.registry import check_profile as faults_of

    if row.slug in profiles.packaged():
        raise ValidationError({"slug": _("A profile that comes with Chappe has this code.")})
    language = (get_language() or "fr")[:2]
    faults: dict[str, list[str]] = {}
    for issue in faults_of(profiles.as_profile(row)):
        place = (
            issue.field if issue.field in {"slug", "label", "decoder", "timezone", "encoding", "columns"} else "__all__"
        )
        faults.setdefault(place, []).append(issue.sentence(language))
    if faults:
        raise ValidationError(faults)


def with_zone(slug: str, source: Source) -> Any:
    """The profile that reads ``source``, with its clock and its numbers. Raises ValidationError for one that nobody knows."""
    profile = profiles.find(slug)
    if profile is None:
        raise ValidationError(_("The profile “%(slug)s” is not known any more.") % {"slug": slug})
    zone, options = source.timezone or profile.timezone, dict(profile.options)
    takes = {option.name for option in DECODERS[profile.decoder].options} if profile.decoder in DECODERS else set()
    if source.own_ranges and "own_numbers" in takes and not options.get("own_numbers"):
        options["own_numbers"] = ["-".join(pair) for pair in ranges_of(source)]
    return replace(profile, timezone=zone, options=options)


# -- anomalies and alarms --------------------------------------------------------------------------------------------
def leave_issues(*, actor: Actor, issues: Iterable[TicketIssue]) -> int:
    """Say that nothing will be done about these; they leave the list of what is to handle."""
    rows = list(issues)
    if actor.user is not None:
        for row in rows:
            require_on(actor.user, row, Level.WRITE)
    done = TicketIssue.objects.filter(pk__in=[row.pk for row in rows], state=TicketIssue.State.OPEN)
    with transaction.atomic():
        count = done.update(state=TicketIssue.State.LEFT)
        for source in {row.source for row in rows}:
            audit.event(actor, source, "collect.left", count=sum(row.source_id == source.pk for row in rows))
    return count


def see_alarm(*, actor: Actor, alarm: SourceAlarm) -> SourceAlarm:
    """Somebody has seen it: it stays until it is over, but is no news any more."""
    if actor.user is not None:
        require_on(actor.user, alarm, Level.WRITE)
    with transaction.atomic():
        SourceAlarm.objects.filter(pk=alarm.pk).update(seen_by=actor.user)
        audit.event(actor, alarm.source, "collect.seen", alarm=str(alarm.get_code_display()))
    alarm.refresh_from_db()
    return alarm


def set_aside(*, actor: Actor, chunk: Chunk) -> Chunk:
    """A batch that cannot be counted leaves the way to those behind it; its lines stay readable."""
    if actor.user is not None:
        require_on(actor.user, chunk, Level.WRITE)
    before = audit.snapshot(chunk)
    moved = Chunk.objects.filter(pk=chunk.pk, state__in=[Chunk.State.FAILED, Chunk.State.TO_CONFIRM]).update(
        state=Chunk.State.ASIDE, ended_at=timezone.now()
    )
    if not moved:
        raise ValidationError(_("Only a batch that failed, or waits to be confirmed, can be set aside."))
    chunk.refresh_from_db()
    audit.changed(actor, chunk, before)
    return chunk
