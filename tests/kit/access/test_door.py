"""The one door: area × level, the partner's own rows, and why."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied

from chappe.apps.parties.models import Commune, Contact, Operator
from chappe.kit.access.areas import register_area
from chappe.kit.access.checks import every_model_has_its_access
from chappe.kit.access.door import (
    Access,
    Level,
    claim,
    explain_access,
    house_only,
    is_house,
    may,
    may_touch,
    owner_of,
    require,
    require_on,
    scoped_models,
    visible_to,
)
from chappe.kit.access.models import LoginAttempt, RoleRight, SignInCounter, User
from chappe.kit.audit.models import AuditEntry
from tests.support import people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("held", "asked", "allowed"),
    [
        (0, 1, False), (1, 1, True), (1, 2, False), (2, 1, True), (2, 2, True), (2, 3, False), (3, 2, True), (3, 3, True),
    ],
)  # fmt: skip
def test_a_level_contains_those_below(held, asked, allowed):
    user = people.UserFactory()
    user.roles.set([people.make_role("R", {"lexique": held} if held else {})])
    assert may(user, "lexique", asked) is allowed
    assert may(user, "journal", 1) is False


def test_the_highest_of_several_roles_counts():
    user = people.UserFactory()
    user.roles.set([people.make_role("A", {"lexique": 1}), people.make_role("B", {"lexique": 3, "journal": 1})])
    assert user.rights == {"lexique": 3, "journal": 1}


def test_alice_sees_all_bruno_his_own_chloe_hers(alice, bruno, chloe):
    mine = people.ContactFactory(operator=bruno.organisation)
    hers = people.ContactFactory(operator=chloe.organisation)
    assert set(Contact.objects.visible_to(alice)) == {mine, hers}
    assert list(Contact.objects.visible_to(bruno)) == [mine]
    assert list(visible_to(chloe, Contact)) == [hers]
    assert list(visible_to(chloe, Contact.objects.filter(pk=mine.pk))) == []
    assert list(Operator.objects.visible_to(bruno)) == [bruno.organisation]
    assert set(User.objects.visible_to(bruno)) == {bruno}


def test_nobody_and_closed_accounts_see_nothing(alice):
    people.ContactFactory()
    alice.is_active = False
    for nobody in (None, AnonymousUser(), alice):
        assert Contact.objects.visible_to(nobody).count() == 0
        assert may(nobody, "lexique") is False
        assert is_house(nobody) is False


def test_without_the_area_nothing_is_seen(bruno):
    people.ContactFactory(operator=bruno.organisation)
    people.partner_role(lexique=0)
    bruno.forget_rights()
    assert Contact.objects.visible_to(bruno).count() == 0


def test_reference_data_is_read_by_all_and_written_by_the_house(alice, bruno):
    commune = people.CommuneFactory()
    people.partner_role(lexique=Level.ADMIN)
    assert list(Commune.objects.visible_to(bruno)) == [commune]
    assert may_touch(bruno, commune, Level.READ) is True
    assert may_touch(bruno, commune, Level.WRITE) is False
    assert may_touch(alice, commune, Level.ADMIN) is True


def test_rows_of_the_house_stay_in_the_house(admin, alice, bruno):
    SignInCounter.objects.create(kind="address", key="192.0.2.1")
    assert SignInCounter.objects.visible_to(admin).count() == 1
    assert SignInCounter.objects.visible_to(alice).count() == 1
    assert SignInCounter.objects.visible_to(bruno).count() == 0


def test_rows_without_owner_are_not_a_partners(bruno):
    LoginAttempt.objects.create(login="?", outcome="unknown")
    LoginAttempt.objects.create(login="bruno", user=bruno, outcome="ok")
    assert [row.login for row in LoginAttempt.objects.visible_to(bruno)] == ["bruno"]


def test_the_stranger_sees_no_row_of_bruno_in_any_model(bruno, chloe):
    contact = people.ContactFactory(operator=bruno.organisation)
    LoginAttempt.objects.create(login="bruno", user=bruno, outcome="ok")
    seen = 0
    for model, access in scoped_models():
        if access.path is None:
            continue
        for row in visible_to(chloe, model):
            assert owner_of(row) == chloe.organisation_id, model
            seen += 1
    assert seen >= 2  # her operator and her account
    assert owner_of(contact) == bruno.organisation_id


def test_touch_needs_level_and_ownership(bruno, chloe):
    contact = people.ContactFactory(operator=bruno.organisation)
    assert may_touch(bruno, contact, Level.WRITE) is True
    assert may_touch(bruno, contact, Level.ADMIN) is False
    assert may_touch(chloe, contact, Level.READ) is False
    with pytest.raises(PermissionDenied, match="does not belong to Boréal"):
        require_on(chloe, contact)
    with pytest.raises(PermissionDenied, match=r"Lexicon \| administrator"):
        require(bruno, "lexique", Level.ADMIN)


def test_claim_puts_a_partners_row_at_home(alice, bruno, chloe):
    contact = Contact(last_name="X")
    claim(bruno, contact)
    assert contact.operator_id == bruno.organisation_id
    with pytest.raises(PermissionDenied):
        claim(bruno, Contact(last_name="X", operator=chloe.organisation))
    with pytest.raises(PermissionDenied):
        claim(bruno, Commune(insee="39198"))
    with pytest.raises(PermissionDenied):
        claim(bruno, Operator(name="New"))
    free = Contact(last_name="X")
    claim(alice, free)
    assert free.operator_id is None
    with pytest.raises(PermissionDenied):
        house_only(bruno)
    house_only(alice)
    house_only(None)


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("admin", "Yes: Ada Admin administers the whole house."),
        ("alice", "Yes: Alice Martin is staff of the house and holds “Lexicon | read” through “Agent”."),
        ("bruno", "Yes: it belongs to Altitel, and Bruno Petit holds “Lexicon | read” through “Partenaire”."),
        ("chloe", "No: it does not belong to Boréal, for which Chloé Roux works."),
    ],
)
def test_why_in_a_sentence(who, sentence, request, bruno):
    reader = request.getfixturevalue(who)
    contact = people.ContactFactory(operator=bruno.organisation)
    assert explain_access(reader, contact) == sentence
    assert explain_access(reader, contact).startswith("Yes") is Contact.objects.visible_to(reader).exists()


def test_why_for_nobody_and_for_no_role(bruno):
    assert explain_access(None, bruno.organisation).startswith("No: nobody is signed in")
    bruno.roles.clear()
    assert explain_access(bruno, bruno.organisation) == "No: none of the roles of Bruno Petit gives “Lexicon | read”."


def test_rights_cost_one_query_a_request(bruno, django_assert_num_queries):
    user = User.objects.get(pk=bruno.pk)
    with django_assert_num_queries(1):
        for area in ("lexique", "journal", "utilisateurs", "lexique"):
            may(user, area, Level.WRITE)
        Contact.objects.visible_to(user)


def test_rights_are_read_anew_after_refresh(bruno):
    assert may(bruno, "lexique", Level.WRITE)
    RoleRight.objects.filter(role__users=bruno).delete()
    bruno.refresh_from_db()
    assert not may(bruno, "lexique", Level.READ)


def test_no_model_is_shown_by_accident(alice):
    from django.contrib.sessions.models import Session

    with pytest.raises(ImproperlyConfigured, match="who may see it"):
        visible_to(alice, Session)


def test_every_model_of_the_house_says_who_sees_it(monkeypatch):
    ours = ("chappe.kit.access", "chappe.kit.audit", "chappe.apps.parties")
    faults = [fault for fault in every_model_has_its_access(None) if fault.obj.__module__.startswith(ours)]
    assert faults == []
    monkeypatch.delattr(Contact, "access")
    monkeypatch.setattr(AuditEntry, "access", Access(area="nowhere", owner="organisation"))
    found = {(fault.id, fault.obj) for fault in every_model_has_its_access(None)}
    assert {("access.E001", Contact), ("access.E002", AuditEntry)} <= found


def test_an_area_has_one_meaning():
    with pytest.raises(ValueError, match="declared twice"):
        register_area("lexique", "Something else")
