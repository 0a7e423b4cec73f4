"""The journal and the door speak French."""

import pytest
from django.utils.translation import override

from chappe.kit import audit
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import explain_access
from tests.support import people

pytestmark = pytest.mark.django_db
NB = "\u00a0"


@pytest.fixture(autouse=True)
def _catalogue():
    with override("fr"):
        if str(people.Role._meta.verbose_name) != "rôle":
            pytest.skip("catalogues are not compiled: python tools/messages.py compile")


def test_sentences(alice):
    operator = people.OperatorFactory(name="A")
    audit.created(Actor(alice), operator)
    audit.saved(Actor(alice), operator, {"name": "B"})
    audit.saved(Actor(alice), operator, {"kind": "vno", "active": False})
    audit.saved(Actor(alice), operator, {"ftp_password": "gaufre"})
    told = [entry.sentence("fr").replace(NB, " ") for entry in audit.history(operator).order_by("pk")]
    kinds = "« opérateur commercial (OC) » → « opérateur virtuel (VNO) »"
    assert told == [
        "Alice Martin a créé : opérateur « A »",
        "Alice Martin a changé le nom de « B » : « A » → « B »",
        f"Alice Martin a changé : opérateur « B » (nature : {kinds} ; actif : oui → non)",
        "Alice Martin a changé le mot de passe FTP de « B » : vide → ••••••",
    ]


def test_a_job_has_its_number_and_no_english(alice):
    operator = people.OperatorFactory(name="A")
    audit.created(Actor(alice, via="job", detail="job 70"), operator)
    audit.saved(Actor(alice, via="job", detail="Démonstration"), operator, {"name": "B"})
    audit.saved(Actor(alice, via="page"), operator, {"name": "C"})
    audit.saved(Actor.system("watch", said="La veille"), operator, {"name": "D"})  # named already: its code is no word
    with override("fr"):
        told = [entry.by() for entry in audit.history(operator).order_by("pk")]
    assert told == ["tâche n° 70", "tâche · Démonstration", "page", "tâche"]


def test_why(bruno, chloe):
    with override("fr"):
        told = explain_access(chloe, bruno.organisation).replace(NB, " ")
    assert told == "Non : cela n’appartient pas à Boréal, pour qui travaille Chloé Roux."


def test_sign_in_page(client, bruno):
    page = client.post("/sign-in/", {"login": "bruno", "password": "x"}, HTTP_ACCEPT_LANGUAGE="fr")
    assert "Cet identifiant et ce mot de passe ne vont pas ensemble." in page.content.decode()
