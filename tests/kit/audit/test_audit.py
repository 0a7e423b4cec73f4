"""The journal: what is written, how it is told, and that nobody rewrites it."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.translation import override

from chappe.apps.parties.models import Contact, Operator
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AppendOnly, AuditEntry, PersonalValue
from chappe.kit.audit.seal import sealed_tables
from chappe.kit.audit.sentences import lines
from tests.support import people

pytestmark = pytest.mark.django_db


def test_created_changed_deleted_as_sentences(alice):
    actor = Actor(alice)
    operator = people.OperatorFactory(name="A")
    audit.created(actor, operator)
    assert audit.saved(actor, operator, {"name": "Boréal"}) is True
    assert audit.saved(actor, operator, {"name": "Boréal"}) is False
    audit.deleted(actor, operator)
    told = [entry.sentence("en") for entry in audit.history(operator)]
    assert told == [
        "Alice Martin deleted operator “Boréal”",
        "Alice Martin changed the name of “Boréal”: “A” → “Boréal”",
        "Alice Martin created operator “A”",
    ]


def test_choices_dates_related_and_empty_values_in_words(alice):
    altitel, boreal = people.OperatorFactory(name="Altitel"), people.OperatorFactory(name="Boréal")
    contact = people.ContactFactory(operator=altitel)
    audit.saved(Actor(alice), contact, {"operator": boreal, "active": False})
    told = lines(audit.history(contact).get())
    assert told == [("operator", "“Altitel”", "“Boréal”"), ("active", "yes", "no")]
    audit.saved(Actor(alice), altitel, {"kind": "vno", "siren": "732829320"})
    told = lines(audit.history(altitel).get())
    assert told == [
        ("kind", "“commercial operator (OC)”", "“virtual operator (VNO)”"), ("SIREN", "empty", "“732829320”"),
    ]  # fmt: skip
    before = audit.snapshot(alice) | {"created_at": "2026-01-02T03:04:00+00:00"}
    entry = audit.changed(Actor(alice), alice, before)
    with override("fr"):
        assert lines(entry)[0][1] == "02/01/2026 04:04"


def test_many_changes_are_summed_up(alice):
    operator = people.OperatorFactory(name="A")
    audit.saved(Actor(alice), operator, {"name": "B", "notes": "n", "erp_id": "7", "ftp_host": "h", "ftp_login": "l"})
    assert audit.history(operator).get().sentence("en").endswith("; and 2 more)")


def test_secrets_show_only_that_they_changed(alice):
    operator = people.OperatorFactory(ftp_password="gaufre")
    audit.saved(Actor(alice), operator, {"ftp_password": "brioche"})
    entry = audit.history(operator).get()
    assert entry.changes == {"ftp_password": ["••••••", "••••••"]}
    audit.created(Actor(alice), operator)
    audit.event(Actor(alice), operator, "x.y", password="brioche", deep={"api_key": "k"})
    everything = str(list(AuditEntry.objects.values_list("changes", "params")))
    assert "gaufre" not in everything and "brioche" not in everything and "'k'" not in everything


def test_a_refused_change_leaves_no_trace(alice):
    from django.core.exceptions import ValidationError

    operator = people.OperatorFactory(name="A")
    with pytest.raises(ValidationError):
        audit.saved(Actor(alice), operator, {"siren": "123"})
    assert AuditEntry.objects.count() == 0
    assert Operator.objects.get().siren == ""


def test_bulk_changes_one_entry_each_and_one_batch(alice, django_assert_num_queries):
    rows = [people.ContactFactory(active=True) for _ in range(30)]
    before = {row.pk: audit.snapshot(row) for row in rows}
    for row in rows[:-1]:
        row.active = False
    Contact.objects.bulk_update(rows, ["active"])
    audit.event(Actor(alice), rows[0], "warm.up")  # content types are cached from here on
    with django_assert_num_queries(2):
        batch = audit.bulk_changed(Actor(alice), rows, before)
    entries = AuditEntry.objects.filter(batch=batch)
    assert entries.count() == 29
    assert {str(entry.changes) for entry in entries} == {"{'active': [True, False]}"}


def test_who_by_which_way_and_for_whom(alice, bruno, chloe):
    contact = people.ContactFactory(operator=bruno.organisation)
    audit.created(Actor(alice, "api", "key of the ERP"), contact)
    audit.created(Actor.system("nightly purge"), people.CommuneFactory())
    first, second = AuditEntry.objects.order_by("pk")
    assert (first.actor, first.via, first.detail, first.organisation) == (
        alice,
        "api",
        "key of the ERP",
        bruno.organisation,
    )
    assert (second.actor, second.actor_label, second.via, second.organisation) == (None, "nightly purge", "job", None)
    assert list(AuditEntry.objects.visible_to(bruno)) == [first]
    assert list(AuditEntry.objects.visible_to(chloe)) == []
    assert AuditEntry.objects.visible_to(alice).count() == 2


def test_the_program_refuses_to_rewrite(alice):
    entry = audit.event(Actor(alice), None, "x.y")
    entry.verb = "z"
    for act in (entry.save, entry.delete, AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(verb="z")):
        with pytest.raises(AppendOnly):
            act()
    assert AuditEntry.objects.get().verb == "x.y"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET verb = 'z'",
        "UPDATE audit_auditentry SET changes = '{}'",
        "UPDATE audit_auditentry SET actor_id = (SELECT MAX(id) FROM access_user)",
        "DELETE FROM audit_auditentry",
    ],
)
def test_the_database_refuses_to_rewrite(alice, bruno, statement):
    operator = people.OperatorFactory()
    audit.created(Actor(alice), operator)
    before = list(AuditEntry.objects.values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditEntry.objects.values()) == before
    assert "audit_auditentry" in sealed_tables(connection)


def test_the_account_may_leave_its_name_stays(alice):
    audit.event(Actor(alice), None, "x.y")
    alice.delete()
    assert list(AuditEntry.objects.values_list("actor", "actor_label")) == [(None, "Alice Martin")]


def test_personal_values_are_erased_and_the_entry_stays(alice):
    contact = people.ContactFactory(first_name="Denise", last_name="Durand", email="denise@altitel.example")
    audit.created(Actor(alice), contact)
    audit.saved(Actor(alice), contact, {"email": "new@altitel.example"})
    assert audit.history(contact).first().sentence("en") == (
        "Alice Martin changed the e-mail of “Denise Durand”: “denise@altitel.example” → “new@altitel.example”"
    )
    assert "altitel.example" not in str(list(AuditEntry.objects.values()))
    assert audit.forget(Actor(alice), contact) == 6  # two labels, three values of the first entry, one of the second
    assert PersonalValue.objects.count() == 0
    newest, changed, created = audit.history(contact)
    assert newest.verb == "audit.forgotten"
    assert changed.sentence("en") == f"Alice Martin changed contact no. {contact.pk} (e-mail: erased → erased)"
    assert created.actor == alice


def test_domain_events_have_their_sentence(alice):
    audit.register_sentence("tests.fed", "{actor} fed {object} with {count} files from {missing}")
    operator = people.OperatorFactory(name="Boréal")
    entry = audit.event(Actor(alice), operator, "tests.fed", count=3)
    assert entry.sentence("en") == "Alice Martin fed operator “Boréal” with 3 files from ?"
    with pytest.raises(ValueError, match="twice"):
        audit.register_sentence("tests.fed", "other")


def test_history_costs_the_same_for_one_and_for_many(alice, django_assert_num_queries):
    contact = people.ContactFactory()
    for number in range(5):
        audit.saved(Actor(alice), contact, {"description": f"{number}"})
    for rows in (1, 5):
        with django_assert_num_queries(2):
            assert len([entry.sentence("en") for entry in audit.history(contact)[:rows]]) == rows


@pytest.mark.django_db(transaction=True)
def test_committed_entries_can_be_emptied_between_tests(alice):
    audit.event(Actor(alice), None, "x.y")
    assert AuditEntry.objects.count() == 1
    assert "audit_auditentry" in sealed_tables(connection)
