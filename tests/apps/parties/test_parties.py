"""Operators, contacts, protocol versions, communes: checks, verbs, and the partner's own sheet."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.parties import queries, services
from chappe.apps.parties.models import Commune, Contact, Operator, OperatorProtocol
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level
from chappe.kit.audit.models import AuditEntry, PersonalValue
from tests.support import people

pytestmark = pytest.mark.django_db
FULL = {
    "name": "Boréal", "kind": "oc", "code_arcep": "bore", "code_interop": "BOR1", "prefix_pto": "bo", "siren": "732 829 320",
    "erp_id": "C-0042", "tenant": "boreal", "ftp_host": "sftp.boreal.example", "ftp_login": "oi", "ftp_password": "gaufre",
    "sav_url": "https://sav.boreal.example/soap", "sav_login": "oi", "sav_secret": "brioche", "notes": "Appeler le matin.",
}  # fmt: skip


def test_every_field_of_the_manual(alice):
    operator = services.create_operator(actor=Actor(alice), data=FULL)
    found = Operator.objects.get()
    tidy = FULL | {"code_arcep": "BORE", "prefix_pto": "BO", "siren": "732829320"}
    assert {name: getattr(found, name) for name in FULL} == tidy
    assert found.active is True
    assert audit.history(operator).get().sentence("en") == "Alice Martin created operator “Boréal”"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("siren", "732829321", "not a SIREN"), ("siren", "12", "not a SIREN"), ("siren", "abcdefghi", "not a SIREN"),
        ("code_arcep", "BOR", "Four capital letters"), ("code_interop", "BOREA", "4 characters"),
        ("prefix_pto", "B", "Two capital letters"), ("prefix_pto", "É1", "Two capital letters"), ("name", "", "cannot be blank"),
        ("name", "Altitel", "already exists"), ("tenant", "altitel", "already exists"), ("code_interop", "ALTI", "Another operator"),
        ("sav_url", "sav.boreal", "valid URL"), ("colour", "red", "A colour such as"), ("kind", "x", "not a valid choice"),
    ],
)  # fmt: skip
def test_refused_with_a_sentence(alice, field, value, sentence):
    people.OperatorFactory(name="Altitel", tenant="altitel", code_interop="ALTI")
    with pytest.raises(ValidationError, match=sentence):
        services.create_operator(actor=Actor(alice), data=FULL | {field: value})
    assert [operator.name for operator in Operator.objects.all()] == ["Altitel"]
    assert AuditEntry.objects.count() == 0


def test_two_operators_may_have_no_tenant_and_no_code(alice):
    for name in ("A", "B"):
        services.create_operator(actor=Actor(alice), data={"name": name, "tenant": "  "})
    assert set(Operator.objects.values_list("tenant", flat=True)) == {None}


def test_a_partner_keeps_its_connections_not_its_standing(bruno):
    own = bruno.organisation
    services.update_operator(
        actor=Actor(bruno), object=own, data={"ftp_host": "sftp.altitel.example", "name": "Altitel"}
    )
    assert Operator.objects.get(pk=own.pk).ftp_host == "sftp.altitel.example"
    with pytest.raises(PermissionDenied, match="tenant code"):
        services.update_operator(actor=Actor(bruno), object=own, data={"tenant": "boreal", "ftp_host": "x"})
    with pytest.raises(PermissionDenied):
        services.create_operator(actor=Actor(bruno), data={"name": "New"})
    own.refresh_from_db()
    assert (own.tenant, own.ftp_host) == ("altitel", "sftp.altitel.example")


def test_the_stranger_changes_nothing(bruno, chloe):
    contact = people.ContactFactory(operator=bruno.organisation, last_name="Durand")
    protocol = OperatorProtocol.objects.create(operator=bruno.organisation, flow="acces", version="1.3")
    her = Actor(chloe)
    for act in (
        lambda: services.update_operator(actor=her, object=bruno.organisation, data={"ftp_host": "x"}),
        lambda: services.update_contact(actor=her, object=contact, data={"last_name": "x"}),
        lambda: services.delete_contact(actor=her, object=contact),
        lambda: services.create_contact(actor=her, data={"operator": bruno.organisation, "last_name": "x"}),
        lambda: services.update_protocol(actor=her, object=protocol, data={"version": "1.4"}),
        lambda: services.delete_protocol(actor=her, object=protocol),
        lambda: services.create_commune(actor=her, data={"insee": "39198", "name": "Dole", "postal_codes": "39100"}),
    ):
        with pytest.raises(PermissionDenied):
            act()
    contact.refresh_from_db()
    assert contact.last_name == "Durand"
    assert OperatorProtocol.objects.get().version == "1.3"
    assert (Contact.objects.count(), Commune.objects.count(), AuditEntry.objects.count()) == (1, 0, 0)


def test_a_partners_contact_lands_at_home_and_stays_there(bruno, chloe):
    contact = services.create_contact(actor=Actor(bruno), data={"last_name": "Durand", "phone": "03 84 00 00 00"})
    assert contact.operator == bruno.organisation
    with pytest.raises(PermissionDenied):
        services.update_contact(actor=Actor(bruno), object=contact, data={"operator": chloe.organisation})
    assert Contact.objects.get().operator == bruno.organisation


def test_only_the_administrator_level_deletes(bruno):
    contact = people.ContactFactory(operator=bruno.organisation)
    with pytest.raises(PermissionDenied):
        services.delete_contact(actor=Actor(bruno), object=contact)
    people.partner_role(lexique=Level.ADMIN)
    bruno.forget_rights()
    services.delete_contact(actor=Actor(bruno), object=contact)
    assert Contact.objects.count() == 0


@pytest.mark.parametrize("phone", ["abc", "12", "+33 1 23"])
def test_a_number_that_is_none(alice, phone):
    with pytest.raises(ValidationError, match="telephone number"):
        services.create_contact(
            actor=Actor(alice), data={"operator": people.OperatorFactory(), "last_name": "X", "phone": phone}
        )
    assert Contact.objects.count() == 0


def test_delete_is_refused_with_reasons(alice, bruno):
    operator = bruno.organisation
    people.ContactFactory.create_batch(2, operator=operator)
    with pytest.raises(ValidationError) as refusal:
        services.delete_operator(actor=Actor(alice), object=operator)
    told = refusal.value.messages[0]
    assert told.startswith("“Altitel” cannot be deleted: it is used by ")
    assert "2 contacts" in told and "1 user" in told
    assert Operator.objects.filter(pk=operator.pk).exists()
    assert AuditEntry.objects.count() == 0


def test_an_unused_operator_goes_with_its_versions(alice):
    operator = people.OperatorFactory(name="Boréal")
    OperatorProtocol.objects.create(operator=operator, flow="acces", version="1.3")
    services.delete_operator(actor=Actor(alice), object=operator)
    assert (Operator.objects.count(), OperatorProtocol.objects.count()) == (0, 0)
    assert AuditEntry.objects.get().sentence("en") == "Alice Martin deleted operator “Boréal”"


def test_archive_and_restore(alice, bruno):
    free, busy = people.OperatorFactory(name="Libre"), bruno.organisation
    with pytest.raises(ValidationError, match="1 of its accounts are open"):
        services.archive_operators(actor=Actor(alice), objects=[free, busy])
    free.refresh_from_db()
    assert free.active is True  # all or none
    assert services.archive_operators(actor=Actor(alice), objects=[free]) == 1
    assert list(queries.active_operators()) == [busy]
    with pytest.raises(ValidationError, match="archived"):
        services.create_contact(
            actor=Actor(alice), data={"operator": Operator.objects.get(pk=free.pk), "last_name": "X"}
        )
    assert services.restore_operators(actor=Actor(alice), objects=[Operator.objects.get(pk=free.pk)]) == 1
    told = [entry.sentence("en") for entry in audit.history(free)]
    assert told[0].endswith("“Libre”: no → yes")


def test_a_person_is_forgotten(alice):
    contact = people.ContactFactory(last_name="Durand")
    services.update_contact(actor=Actor(alice), object=contact, data={"email": "d@altitel.example"})
    services.delete_contact(actor=Actor(alice), object=contact, erase=True)
    assert Contact.objects.count() == 0
    assert PersonalValue.objects.count() == 0
    assert "Durand" not in str(list(AuditEntry.objects.values()))
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "changed",
        "deleted",
        "audit.forgotten",
    ]


def test_protocol_versions():
    operator = people.OperatorFactory()
    actor = Actor.system("test")
    services.create_protocol(actor=actor, data={"operator": operator, "flow": "acces", "version": "1.3"})
    with pytest.raises(ValidationError, match="already has a version"):
        services.create_protocol(actor=actor, data={"operator": operator, "flow": "acces", "version": "1.4"})
    with pytest.raises(ValidationError, match=r"Such as 1\.3"):
        services.create_protocol(actor=actor, data={"operator": operator, "flow": "ipe", "version": "v3"})
    assert queries.protocol_version(operator, "acces", default="1.5") == "1.3"
    assert queries.protocol_version(operator, "ipe", default="3.1") == "3.1"


@pytest.mark.parametrize(("insee", "postal", "ok"), [
    ("39198", "39100", True), ("2a004", "20000, 20090", True), ("3919", "39100", False), ("39198", "3910", False), ("2C004", "20000", False),
])  # fmt: skip
def test_communes(alice, insee, postal, ok):
    data = {"insee": insee, "name": "Dole", "postal_codes": postal}
    if ok:
        commune = services.create_commune(actor=Actor(alice), data=data)
        assert (commune.insee, commune.postal_codes) == (insee.upper(), postal.replace(",", ""))
    else:
        with pytest.raises(ValidationError):
            services.create_commune(actor=Actor(alice), data=data)
        assert Commune.objects.count() == 0


def test_by_tenant_in_one_query(django_assert_num_queries):
    people.OperatorFactory(name="Altitel", tenant="altitel")
    with django_assert_num_queries(1):
        assert {code: str(found) for code, found in queries.by_tenant({"altitel", "none"}).items()} == {
            "altitel": "Altitel"
        }
