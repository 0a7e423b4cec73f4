"""Verbs on sources and profiles: what is refused is refused with a sentence, and changes nothing."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.collect import profiles, queries, services
from chappe.apps.collect.models import Source, TicketProfile
from chappe.kit.access.actor import Actor
from chappe.kit.audit.services import history
from tests.apps.collect.conftest import SYSTEM
from tests.support import people
from tests.support.rows_collect import chunk as make_chunk
from tests.support.rows_collect import source as make_source

LISTENING = {"name": "Siège Besançon", "way": "listen", "profile": "avaya-ip-office", "port": 1080}


def test_a_source_gets_a_code_a_state_and_a_line_of_audit(db):
    source = services.create_source(actor=SYSTEM, data=LISTENING)
    assert source.slug == "siege-besancon" and source.live.state == "unknown"
    assert [entry.verb for entry in history(source)] == ["created"]
    assert services.create_source(actor=SYSTEM, data={**LISTENING, "port": 1081}).slug == "siege-besancon-2"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"port": None}, "port", "A port is needed"),
        ({"way": "connect"}, "host", "address to connect"),
        ({"way": "folder"}, "folder", "folder where"),
        ({"way": "sftp", "host": "192.0.2.1"}, "server_key", "key of the server"),
        ({"profile": "nowhere"}, "profile", "no such profile"),
        ({"timezone": "Mars/Phobos"}, "timezone", "no time zone"),
        ({"allowed_peers": "192.0.2.1, ici"}, "allowed_peers", "“ici” is neither"),
        ({"open_days": "18"}, "open_days", "1 for Monday"),
        ({"own_ranges": "+33384110000-+3338411"}, "own_ranges", "no range"),
        ({"alarm_emails": "a@b.example nobody"}, "alarm_emails", "“nobody” is no mail"),
        ({"slug": "Siège"}, "slug", "Enter a valid"),
    ],
)
def test_a_source_that_cannot_work_is_refused_by_field(db, change, field, sentence):
    with pytest.raises(ValidationError) as refused:
        services.create_source(actor=SYSTEM, data={**LISTENING, **change})
    assert sentence in " ".join(refused.value.message_dict[field])
    assert Source.objects.count() == 0


def test_two_sources_share_a_port_only_when_their_addresses_tell_them_apart(db):
    services.create_source(actor=SYSTEM, data={**LISTENING, "allowed_peers": "192.0.2.1"})
    with pytest.raises(ValidationError, match="listens on this port already"):
        services.create_source(actor=SYSTEM, data={**LISTENING, "name": "Autre"})
    other = services.create_source(actor=SYSTEM, data={**LISTENING, "name": "Autre", "allowed_peers": "192.0.2.2"})
    assert [spec.slug for spec in queries.specs()] == ["siege-besancon", other.slug] or len(queries.specs()) == 2


def test_the_collector_is_told_what_to_hold_open(db):
    services.create_source(actor=SYSTEM, data={**LISTENING, "allowed_peers": "192.0.2.1, 192.0.2.0/28"})
    services.create_source(actor=SYSTEM, data={**LISTENING, "name": "Arrêtée", "port": 1081, "active": False})
    services.create_source(
        actor=SYSTEM, data={"name": "Dossier", "way": "folder", "profile": "asterisk", "folder": "/srv"}
    )
    oxe = services.create_source(
        actor=SYSTEM,
        data={"name": "OXE", "way": "connect", "profile": "alcatel-oxe", "host": "192.0.2.7", "port": 2533},
    )
    first, second = sorted(queries.specs(), key=lambda spec: spec.port)
    assert (first.slug, first.way, first.port, first.allowed_peers) == (
        "siege-besancon",
        "listen",
        1080,
        ("192.0.2.1", "192.0.2.0/28"),
    )
    assert (second.slug, second.host, second.framing) == (oxe.slug, "192.0.2.7", "oxe")


def test_the_code_of_a_source_never_changes(source):
    with pytest.raises(ValidationError, match="folder of its raw lines"):
        services.update_source(actor=SYSTEM, object=source, data={"slug": "autre"})
    source.refresh_from_db()
    assert source.slug == "siege"


def test_a_source_that_sent_something_is_kept(source):
    make_chunk(None, "zq", source=source)
    with pytest.raises(ValidationError, match="Stop it instead"):
        services.delete_source(actor=SYSTEM, object=source)
    assert Source.objects.filter(pk=source.pk).exists()


def test_a_partner_makes_sources_of_its_own_only(bruno, chloe):
    people.partner_role(collecte=2)
    bruno.forget_rights()
    made = services.create_source(actor=Actor(user=bruno), data=LISTENING)
    assert made.owner == bruno.organisation
    with pytest.raises(PermissionDenied):
        services.update_source(actor=Actor(user=chloe), object=made, data={"name": "volé"})
    theirs = make_source(chloe.organisation, "boreal")
    with pytest.raises(PermissionDenied):
        services.set_active(actor=Actor(user=bruno), source=theirs, active=False)
    theirs.refresh_from_db()
    made.refresh_from_db()
    assert theirs.active and made.name == LISTENING["name"]


def test_a_profile_is_copied_corrected_and_kept_while_it_is_used(db, source):
    copy = services.copy_profile(actor=SYSTEM, slug="asterisk")
    assert (copy.base, copy.decoder) == ("asterisk", "asterisk") and copy.slug not in profiles.packaged()
    services.update_profile(actor=SYSTEM, object=copy, data={"timezone": "UTC"})
    assert profiles.find(copy.slug).timezone == "UTC"
    with pytest.raises(ValidationError, match="Mars/Phobos"):
        services.update_profile(actor=SYSTEM, object=copy, data={"timezone": "Mars/Phobos"})
    copy.refresh_from_db()
    assert copy.timezone == "UTC"
    services.update_source(actor=SYSTEM, object=source, data={"profile": copy.slug})
    with pytest.raises(ValidationError, match="is read with this profile"):
        services.delete_profile(actor=SYSTEM, object=copy)
    assert TicketProfile.objects.filter(pk=copy.pk).exists()


def test_a_profile_with_a_setting_that_its_decoder_does_not_know_is_refused(db):
    copy = services.copy_profile(actor=SYSTEM, slug="asterisk")
    with pytest.raises(ValidationError, match="no option"):
        services.update_profile(actor=SYSTEM, object=copy, data={"options": {"nonsense": 1}})
    copy.refresh_from_db()
    assert "nonsense" not in copy.options


def test_the_clock_of_the_source_wins_over_that_of_the_profile(source):
    assert source.zone() == "Europe/Paris"
    source.timezone = "Indian/Reunion"
    assert source.zone() == "Indian/Reunion"
    assert services.with_zone(source.profile, source).timezone == "Indian/Reunion"


def test_the_own_numbers_of_the_source_tell_directions_where_the_profile_has_none(source):
    source.own_ranges = "+33 3 84 11 00 00 - +33384110099\n0384110200"
    assert "own_numbers" not in services.with_zone("avaya-ip-office", source).options
    wanted = ["+33384110000-+33384110099", "0384110200-0384110200"]
    assert services.with_zone("kamailio", source).options["own_numbers"] == wanted
    copy = services.copy_profile(actor=SYSTEM, slug="kamailio")
    services.update_profile(actor=SYSTEM, object=copy, data={"options": {"own_numbers": ["0145670000-0145670099"]}})
    assert services.with_zone(copy.slug, source).options["own_numbers"] == ["0145670000-0145670099"]
