"""Whether the other side of a source can be reached, tried now: a folder or a server listed, a port opened. Changes nothing.

What the collector itself holds (we listen) is answered from what it last told.
"""

import datetime as dt
import socket

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from chappe.apps.collect.fetching import place_of
from chappe.apps.collect.health import is_fresh
from chappe.apps.collect.models import FETCH_WAYS, Source, SourceState, Way
from chappe.connectors.files import FilesError, open_fetcher
from chappe.connectors.files import sentence as files_sentence
from chappe.connectors.reasons import reason_of, said
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require_on

SECONDS = 5.0
FRESH = dt.timedelta(minutes=3)  # the collector tells every few seconds while it runs


def can_try(source: Source) -> bool:
    """Files sent by hand come from nowhere that could be tried."""
    return source.way != Way.UPLOAD


def try_source(*, actor: Actor, source: Source) -> str:
    """What was found, as a sentence. Raises ValidationError with what is wrong."""
    if actor.user is not None:
        require_on(actor.user, source, Level.WRITE)
    if source.way in FETCH_WAYS:
        return _files(source)
    return _port(source) if source.way == Way.CONNECT else _collector(source)


def _files(source: Source) -> str:
    try:
        with open_fetcher(source.way, place_of(source)) as fetcher:
            found = len(list(fetcher.list()))
    except FilesError as error:
        raise ValidationError(files_sentence(error, (get_language() or "fr")[:2])) from error
    if not found:
        return _("The folder can be read; no file there has a name like the one asked for.")
    said = ngettext(
        "The folder can be read: %(count)s file there.", "The folder can be read: %(count)s files there.", found
    )
    return said % {"count": found}


def _port(source: Source) -> str:
    address = {"host": source.host, "port": source.port}
    try:
        socket.create_connection((source.host, source.port or 0), timeout=SECONDS).close()
    except (OSError, OverflowError) as error:
        reason = said(reason_of(error), (get_language() or "fr")[:2])
        sentence = _(
            "%(host)s:%(port)s does not answer (%(reason)s). Is it switched on there, and may this machine reach it?"
        )
        raise ValidationError(sentence % {**address, "reason": reason}) from error
    return _("%(host)s:%(port)s answers.") % address


def _collector(source: Source) -> str:
    told = source.told
    if not source.active:
        raise ValidationError(_("The source is stopped: nothing listens for it. Start it first."))
    if told.told_at is None or told.told_at < timezone.now() - FRESH:
        if is_fresh(source):
            return _("The collector takes it up within ten seconds: try again then.")
        raise ValidationError(
            _("The collector has not said anything for a while: is “chappe serve” or “chappe collect” running?")
        )
    if told.state in {SourceState.State.ERROR, SourceState.State.FULL}:
        raise ValidationError(told.detail or str(told.get_state_display()))
    if told.connections:
        count = len(told.connections)
        return ngettext("The PBX is connected.", "The PBX is connected, %(count)s times.", count) % {"count": count}
    return _("We listen on port %(port)s. Nobody is connected yet: make a short call.") % {"port": source.port or "–"}
