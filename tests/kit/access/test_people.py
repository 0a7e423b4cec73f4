"""Accounts and roles: delegated administrators stay at home, nobody gives more than they hold."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.kit.access import services
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import Level
from chappe.kit.access.authority import grantable_roles
from chappe.kit.access.forms import RoleForm, UserForm
from chappe.kit.access.models import OpenSession, Role, User
from chappe.kit.audit.models import AuditEntry
from tests.support import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def delegate(bruno):
    """Bruno, made administrator of the accounts of Altitel."""
    bruno.roles.set([people.make_role("Délégué", {"utilisateurs": 3, "lexique": 2})])
    bruno.forget_rights()
    return bruno


def counts():
    return User.objects.count(), Role.objects.count(), AuditEntry.objects.count()


def test_an_account_is_opened_at_home(delegate):
    reader = people.make_role("Lecteur", {"lexique": 1})
    user = services.create_user(actor=Actor(delegate), data={"username": "Denise", "roles": [reader]})
    assert (user.username, user.organisation, list(user.roles.all())) == ("denise", delegate.organisation, [reader])
    assert user.has_usable_password() is False
    assert AuditEntry.objects.get().sentence("en") == "Bruno Petit created user “denise”"


@pytest.mark.parametrize("trick", ["other organisation", "more rights", "superuser", "weak password", "taken"])
def test_what_a_delegate_cannot_do(delegate, chloe, trick):
    more = people.make_role("Plus", {"lexique": 3})
    data = {
        "other organisation": {"organisation": chloe.organisation}, "more rights": {"roles": [more]},
        "superuser": {"is_superuser": True}, "weak password": {"password": "court"}, "taken": {"username": "CHLOE"},
    }[trick]  # fmt: skip
    before = counts()
    with pytest.raises((PermissionDenied, ValidationError)):
        services.create_user(actor=Actor(delegate), data={"username": "denise"} | data)
    assert counts() == before


def test_a_delegate_touches_nobody_elsewhere(delegate, chloe, alice):
    for other in (chloe, alice):
        password = other.password
        for act in (
            lambda user=other: services.update_user(actor=Actor(delegate), object=user, data={"first_name": "X"}),
            lambda user=other: services.set_password(actor=Actor(delegate), user=user, password="un-pigeon-et-trois"),
            lambda user=other: services.invitation_link(actor=Actor(delegate), user=user),
            lambda user=other: services.unlock(actor=Actor(delegate), user=user),
            lambda user=other: services.disable_totp(actor=Actor(delegate), user=user),
            lambda user=other: services.delete_user(actor=Actor(delegate), object=user),
        ):
            with pytest.raises(PermissionDenied):
                act()
        other.refresh_from_db()
        assert other.first_name in {"Alice", "Chloé"}
        assert other.password == password
    assert AuditEntry.objects.count() == 0


def test_a_delegate_does_not_take_over_a_stronger_colleague(delegate):
    strong = people.UserFactory(username="strong", organisation=delegate.organisation)
    strong.roles.set([people.make_role("Plus", {"lexique": 3})])
    with pytest.raises(PermissionDenied, match="holds rights that you do not have"):
        services.set_password(actor=Actor(delegate), user=strong, password="un-pigeon-et-trois")
    with pytest.raises(PermissionDenied):
        services.update_user(actor=Actor(delegate), object=delegate, data={"roles": list(Role.objects.all())})
    with pytest.raises(PermissionDenied):
        services.update_user(actor=Actor(delegate), object=delegate, data={"organisation": None})
    assert set(delegate.roles.values_list("name", flat=True)) == {"Délégué"}


def test_without_administrator_level_nothing(bruno):
    with pytest.raises(PermissionDenied, match=r"Users and roles \| administrator"):
        services.create_user(actor=Actor(bruno), data={"username": "denise"})


def test_the_form_offers_what_may_be_given(delegate, admin):
    reader = people.make_role("Lecteur", {"lexique": 1})
    people.make_role("Plus", {"lexique": 3})
    form = UserForm(user=delegate)
    assert "organisation" not in form.fields and "is_superuser" not in form.fields
    assert set(form.fields["roles"].queryset) == {reader, delegate.roles.get()}
    assert set(UserForm(user=admin).fields["roles"].queryset) == set(Role.objects.all())
    assert "Plus" not in {role.name for role in grantable_roles(delegate)}


def test_roles_belong_to_the_house(delegate, alice, admin):
    with pytest.raises(PermissionDenied):
        services.create_role(actor=Actor(delegate), data={"name": "Mine", "rights": {"lexique": 1}})
    role = services.create_role(actor=Actor(alice), data={"name": "Mine", "rights": {"lexique": 1, "journal": 0}})
    assert dict(role.rights.values_list("area", "level")) == {"lexique": 1}
    alice.roles.set([people.make_role("Moins", {"utilisateurs": 3, "lexique": 1})])
    alice.forget_rights()
    with pytest.raises(PermissionDenied, match="do not hold"):
        services.update_role(actor=Actor(alice), object=role, data={"rights": {"lexique": 2}})
    assert dict(role.rights.values_list("area", "level")) == {"lexique": 1}
    services.update_role(actor=Actor(admin), object=role, data={"rights": {"lexique": Level.ADMIN}})
    entry = AuditEntry.objects.first()
    assert entry.changes == {"right:lexique": [1, 3]}
    assert entry.sentence("en") == "Ada Admin changed role “Mine” (Lexicon: read → administrator)"


def test_matrix_form():
    role = people.make_role("R", {"lexique": 2})
    form = RoleForm(instance=role)
    assert form.fields["area_lexique"].initial == 2
    form = RoleForm({"name": "R", "area_lexique": "3", "area_journal": "1"}, instance=role)
    assert form.is_valid()
    rights = form.cleaned_data["rights"]
    assert (rights["lexique"], rights["journal"], rights["utilisateurs"]) == (3, 1, 0)
    assert RoleForm({"name": "R", "area_lexique": "9"}, instance=role).is_valid() is False


def test_unknown_area_or_level_is_refused(admin):
    for rights in ({"nowhere": 1}, {"lexique": 7}):
        with pytest.raises(ValidationError):
            services.create_role(actor=Actor(admin), data={"name": "R", "rights": rights})
    assert not Role.objects.filter(name="R").exists()


def test_a_role_that_is_held_stays(admin, bruno):
    role = bruno.roles.get()
    with pytest.raises(ValidationError, match="hold the role “Partenaire”"):
        services.delete_role(actor=Actor(admin), object=role)
    assert Role.objects.filter(pk=role.pk).exists()
    bruno.roles.clear()
    services.delete_role(actor=Actor(admin), object=role)
    assert AuditEntry.objects.get(verb="deleted").object_label == "Partenaire"


def test_the_last_administrator_stays(admin, alice):
    for act in ({"is_active": False}, {"is_superuser": False}):
        with pytest.raises(ValidationError):
            services.update_user(actor=Actor.system("chappe", "cli"), object=admin, data=act)
        with pytest.raises(ValidationError):
            services.update_user(actor=Actor(admin), object=admin, data=act)
    with pytest.raises(PermissionDenied):
        services.update_user(actor=Actor(alice), object=admin, data={"is_active": False})
    admin.refresh_from_db()
    assert admin.is_active and admin.is_superuser


def test_closing_an_account_closes_its_sessions(client, admin, bruno):
    client.post("/sign-in/", {"login": "bruno", "password": people.PASSWORD})
    services.update_user(actor=Actor(admin), object=bruno, data={"is_active": False})
    assert OpenSession.objects.count() == 0
    assert client.get("/profile/").status_code == 302


def test_deleting_an_account_keeps_its_name_in_the_journal(admin, bruno):
    services.update_own_profile(actor=Actor(bruno), user=bruno, data={"first_name": "B"})
    services.delete_user(actor=Actor(admin), object=bruno)
    assert not User.objects.filter(username="bruno").exists()
    assert list(AuditEntry.objects.filter(verb="changed").values_list("actor", "actor_label")) == [(None, "B Petit")]


def test_sign_in_link_serves_once(client, admin, bruno):
    link = services.invitation_link(actor=Actor(admin), user=bruno)
    assert client.get(link).status_code == 200
    assert client.post(link, {"new": "court", "again": "court"}).status_code == 422
    new = "un-pigeon-et-trois-bras"
    assert client.post(link, {"new": new, "again": new}).status_code == 302
    assert User.objects.get(pk=bruno.pk).check_password(new)
    assert client.get(link).status_code == 410
    assert client.get("/welcome/zzz/aaa/").status_code == 410


def test_superuser_of_a_partner_is_refused_by_the_database(bruno):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=bruno.pk).update(is_superuser=True)


def test_ensure_admin_makes_then_mends():
    user, made = services.ensure_admin(password=people.PASSWORD)
    assert (made, user.username, user.is_superuser, user.check_password(people.PASSWORD)) == (True, "admin", True, True)
    User.objects.update(is_active=False)
    user, made = services.ensure_admin(password="un-pigeon-et-trois-bras")
    user = User.objects.get(pk=user.pk)
    assert (made, user.is_active, user.check_password("un-pigeon-et-trois-bras")) == (False, True, True)
    assert AuditEntry.objects.filter(via="cli").count() >= 2
