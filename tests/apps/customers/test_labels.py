"""Calls are found by the names that other apps give to the ids they carry: customer, line, cost centre, source."""

import pytest

from chappe.apps.collect.models import Source
from chappe.apps.customers.models import CostCentre
from chappe.apps.usage import conditions, labels
from tests.support import rows_collect, rows_customers

pytestmark = pytest.mark.django_db


def test_calls_are_found_by_the_name_of_their_customer_line_centre_and_source(alice):
    perret, other = rows_customers.customer(None, "Perret"), rows_customers.customer(None, "Vautrin")
    line = rows_customers.line(None, "x")
    line.number, line.user_name = "0353010133", "Fatou Diallo"
    line.save()
    centre = CostCentre.objects.create(customer=perret, code="ATEL", name="Atelier")
    source = rows_collect.source(None, "hotel")
    Source.objects.filter(pk=source.pk).update(name="PBX de l’hôtel")
    found = {
        "customer_name": ("perr", perret.pk), "line_name": ("fatou", line.pk), "cost_centre_name": ("atel", centre.pk),
        "source_name": ("hôtel", source.pk),
    }  # fmt: skip
    for name, (text, pk) in found.items():
        test = conditions.compiled(conditions.Q(**{f"{name}__icontains": text}), lambda _rest: [])
        assert f"{conditions.NAMES[name]} IN ({pk})" in test.sql, name
    assert labels.search("customer", "v") == {other.pk}
    assert labels.names_of("source", [source.pk]) == {source.pk: "PBX de l’hôtel"}
    assert str(source.pk) in labels.url_of("source", source.pk)
