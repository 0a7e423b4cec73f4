"""Profiles of tickets as one list: those that come with Chappe, and those that people saved. Reads only."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chappe.apps.collect.models import TicketProfile
from chappe.core.base.lang import translate
from chappe.core.tickets.contract import Profile
from chappe.kit.access.door import visible_to


@cache
def packaged() -> Mapping[str, Profile]:
    """Profiles that come with Chappe, by slug."""
    from chappe.core.tickets.registry import builtin_profiles  # reads its files: not while Django starts

    return builtin_profiles()


def as_profile(row: TicketProfile) -> Profile:
    """A saved profile as the decoders take it."""
    return Profile(
        slug=row.slug, label=row.label, decoder=row.decoder, timezone=row.timezone, encoding=row.encoding,
        options=dict(row.options or {}), columns=tuple(row.columns or ()), transport=dict(row.transport or {}),
        help=row.setup, variant_of=row.variant_of,
    )  # fmt: skip


def find(slug: str, *, timezone: str = "") -> Profile | None:
    """The profile of that slug, saved ones first; with another clock when ``timezone`` is given. None: unknown."""
    row = TicketProfile.objects.filter(slug=slug).first()
    profile = as_profile(row) if row is not None else packaged().get(slug)
    if profile is not None and timezone:
        profile = replace(profile, timezone=timezone)
    return profile


def label_of(slug: str) -> str:
    """The name of a profile in the reader's language; its slug when nobody knows it any more."""
    known = packaged().get(slug)
    if known is not None:
        return said(known.label)
    row = TicketProfile.objects.filter(slug=slug).only("label").first()
    return row.label if row else slug


def said(label: str) -> str:
    """A label of a packaged profile, in the reader's language."""
    return translate(label, (get_language() or "fr")[:2])


def choices(user: Any) -> list[tuple[Any, Any]]:
    """What may be picked: saved profiles that ``user`` sees, then the packaged ones, in two groups."""
    saved = [(row.slug, row.label) for row in visible_to(user, TicketProfile).order_by("label")]
    ours = sorted(
        ((slug, said(profile.label)) for slug, profile in packaged().items()), key=lambda pair: pair[1].lower()
    )
    groups: list[tuple[Any, Any]] = []
    if saved:
        groups.append((_("Yours"), saved))
    groups.append((_("That come with Chappe"), ours))
    return groups


#: The word of a transport → ways of a source.
_WAYS = {"file": ("folder", "sftp", "ftps", "upload")}


def transports(user: Any) -> dict[str, dict[str, Any]]:
    """What each profile says of how its tickets usually come: the first way, all of them, port, login, names of files."""
    told = {}
    for slug, profile in known_to(user).items():
        known = dict(profile.transport)
        ways = [way for word in known.get("ways", ()) for way in _WAYS.get(word, (word,))]
        if ways:
            first = {"file": "upload"}.get(known.get("way", ""), known.get("way") or ways[0])
            usual = {name: known[name] for name in ("port", "login", "pattern") if known.get(name)}
            told[slug] = {"way": first, "ways": ways} | usual
    return told


def known_to(user: Any) -> dict[str, Profile]:
    """Every profile that detection may try for ``user``: a correction of a packaged one competes beside it."""
    saved = {row.slug: as_profile(row) for row in visible_to(user, TicketProfile)}
    return {**packaged(), **saved}
