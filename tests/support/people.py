"""The people of every test of rights, and factories for the rows around them.

Alice is an agent of the house, Bruno works for operator Altitel, Chloé for operator Boréal: to Bruno's rows she is
a stranger. Admin holds every right. All sign in with PASSWORD.
"""

import factory
from django.contrib.auth.hashers import make_password

from chappe.apps.parties.models import Commune, Contact, Operator
from chappe.kit.access.areas import Level, areas
from chappe.kit.access.models import Role, RoleRight, User

PASSWORD = "sémaphore-de-Claude-1794"
#: What a partner's role gives in these tests: everything is readable, its own lexicon writable.
PARTNER_LEVELS = {"utilisateurs": Level.READ, "lexique": Level.WRITE}


class OperatorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Operator
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"Opérateur {n}")
    tenant = factory.LazyAttribute(lambda o: o.name.lower().replace(" ", "-").replace("é", "e"))


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    operator = factory.SubFactory(OperatorFactory)
    first_name = "Denise"
    last_name = factory.Sequence(lambda n: f"Durand {n}")
    email = factory.Sequence(lambda n: f"denise{n}@altitel.example")


class CommuneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Commune

    insee = factory.Sequence(lambda n: f"39{n % 1000:03d}")
    name = factory.Sequence(lambda n: f"Commune {n}")
    postal_codes = "39100"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@chappe.example")
    language = "en"
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


def make_role(name: str, levels: dict[str, int]) -> Role:
    """A role that gives exactly these levels (area → level)."""
    role, _ = Role.objects.get_or_create(name=name)
    role.rights.all().delete()
    RoleRight.objects.bulk_create([RoleRight(role=role, area=area, level=int(level)) for area, level in levels.items()])
    return role


def agent_role() -> Role:
    """Every area, at the highest level."""
    return make_role("Agent", dict.fromkeys(areas(), Level.ADMIN))


def partner_role(**levels: int) -> Role:
    """Every area readable, the partner's own lexicon writable; ``levels`` overrides (0 takes the area away)."""
    wanted = dict.fromkeys(areas(), Level.READ) | PARTNER_LEVELS | levels
    return make_role("Partenaire", {area: level for area, level in wanted.items() if level})


def _person(username: str, first: str, last: str, role: Role, organisation: Operator | None = None) -> User:
    user = UserFactory(username=username, first_name=first, last_name=last, organisation=organisation)
    user.roles.set([role])
    user.forget_rights()
    return user


def make_alice() -> User:
    return _person("alice", "Alice", "Martin", agent_role())


def make_bruno() -> User:
    return _person("bruno", "Bruno", "Petit", partner_role(), OperatorFactory(name="Altitel", tenant="altitel"))


def make_chloe() -> User:
    return _person("chloe", "Chloé", "Roux", partner_role(), OperatorFactory(name="Boréal", tenant="boreal"))


def make_admin() -> User:
    return UserFactory(username="admin", first_name="Ada", last_name="Admin", is_superuser=True)
