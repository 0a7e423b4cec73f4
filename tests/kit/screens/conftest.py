"""Screens of these tests, over rows of the house: contacts (of an operator), operators, communes (for everyone)."""

import pytest
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import BigIntegerField, ExpressionWrapper, Q
from django.db.models.functions import Cast, Length

from chappe.apps.parties.models import Commune, Contact, Operator
from chappe.kit import audit
from chappe.kit.access.door import claim
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Action, Chip, Column, Done, FilterKind, Kind, Panel, Related, Scope, Screen, Tone

calls: list[str] = []


def create(*, actor, data):
    row = Contact(**data)
    claim(actor.user, row)
    if row.last_name == "Interdit":
        raise ValidationError({"last_name": "Ce nom est refusé."})
    row.full_clean()
    row.save()
    audit.created(actor, row)
    return row


def update(*, actor, object, data):
    if data.get("description") == "pas à vous":
        raise PermissionDenied("Ce champ n’est pas à vous.")
    if data.get("description") == "non":
        raise ValidationError("Description refusée.")
    if data.get("description") == "pas Durand" and object.last_name == "Durand 2":
        raise ValidationError("Pas celui-là.")
    audit.saved(actor, object, data)
    return object


def delete(*, actor, object):
    audit.deleted(actor, object)
    object.delete()


def update_operator(*, actor, object, data):
    audit.saved(actor, object, data)
    return object


def delete_operator(*, actor, object):
    if object.name == "Intouchable":
        raise ValidationError("Cet opérateur reste.")
    audit.deleted(actor, object)
    object.delete()


def shout(*, actor, objects, word="!"):
    calls.append(f"{word}:{','.join(str(o.pk) for o in objects)}:{actor.user}")
    return Done(f"{len(objects)} fait")


class WordForm(forms.Form):
    word = forms.CharField(max_length=5)


def contact_screen(**changes) -> Screen:
    said = {
        "slug": "test.contact", "model": Contact, "label": "Contacts", "label_one": "contact", "area": "lexique",
        "columns": [
            Column(name="last_name", label="Nom", kind=Kind.REF, second="email"),
            Column(name="operator", label="Opérateur", kind=Kind.LINK),
            Column(name="operator_tenant", label="Locataire", source="operator__tenant"),
            Column(name="active", label="Actif", kind=Kind.STATE, choices=[(True, "actif"), (False, "archivé")],
                   tones={True: Tone.OK, False: Tone.NEW}),
            Column(name="amount", label="Montant", kind=Kind.MONEY),
            Column(name="joined", label="Depuis", kind=Kind.DATETIME, source="operator__created_at"),
            Column(name="shown", label="Appel", source="__str__"),
            Column(name="description", label="Description", shown=False),
        ],
        "scopes": [Scope(name="active", label="Actifs", where=Q(active=True)), Scope(name="all", label="Tout voir")],
        "chips": [Chip(name="mine", label="À moi", where=lambda user: Q(operator=user.organisation_id)),
                  Chip(name="mail", label="Avec e-mail", where=lambda user: ~Q(email=""))],
        "search": ["last_name", "first_name", "operator__name"],
        "ordering": ["last_name"],
        "fields": ["operator", "first_name", "last_name", "email", "description", "active"],
        "bulk_fields": ["description", "active"],
        "create": create, "update": update, "delete": delete, "state": "active",
        "rows": lambda qs, user: qs.annotate(
            amount=ExpressionWrapper(Cast(Length("last_name"), BigIntegerField()) * 1_234_567_000, BigIntegerField())
        ),
        "actions": [
            Action(name="shout", label="Crier", perform=shout, bulk=True,
                   why_not=lambda obj, user: None if obj.active else "Archivé : il ne crie plus."),
            Action(name="say", label="Dire", perform=shout, bulk=True, form=WordForm, confirm="Dire un mot ?"),
            Action(name="rule", label="Régner", perform=shout, level=3),
        ],
        "empty": "Ajoutez la première personne à appeler.",
    }  # fmt: skip
    return Screen(**(said | changes))


def operator_screen(**changes) -> Screen:
    said = {
        "slug": "test.operator", "model": Operator, "label": "Opérateurs", "label_one": "opérateur", "area": "lexique",
        "columns": [
            Column(name="name", label="Nom", kind=Kind.REF),
            Column(name="ftp_password", label="Mot de passe FTP", kind=Kind.SECRET),
            Column(name="active", label="Actif", kind=Kind.BOOL),
            Column(name="created_at", label="Créé", kind=Kind.DATETIME),
        ],
        "panels": [Panel(title="Identité", columns=["name", "active", "created_at"]),
                   Panel(title="Échanges", columns=["ftp_password"], aside=True)],
        "related": [Related(screen="test.contact", path="operator", label="Contacts", limit=2)],
        "search": ["name"], "ordering": ["name"], "fields": ["name", "ftp_password", "active"],
        "update": update_operator, "delete": delete_operator,
    }  # fmt: skip
    return Screen(**(said | changes))


def commune_screen(**changes) -> Screen:
    said = {
        "slug": "test.commune", "model": Commune, "label": "Communes", "label_one": "commune", "area": "lexique",
        "columns": [Column(name="insee", label="INSEE", kind=Kind.REF), Column(name="name", label="Nom"),
                    Column(name="postal_codes", label="Codes postaux", filter=FilterKind.STARTS)],
        "search": ["name"], "ordering": ["name"], "fields": ["insee", "name", "postal_codes"],
        "create": lambda *, actor, data: Commune.objects.create(**data), "update": update_operator,
    }  # fmt: skip
    return Screen(**(said | changes))


@pytest.fixture(autouse=True)
def _screens():
    calls.clear()
    with registry.amended(contact_screen(), operator_screen(), commune_screen()):
        yield
