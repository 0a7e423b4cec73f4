"""Numbers, remarks, territories, hierarchy, strangers: what is saved, what is refused, and that a refusal changes nothing."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.customers import checks, holding, places, queries, services
from chappe.apps.customers.models import Brand, Customer, DetailConsent
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from tests.apps.customers.conftest import JANUARY, SIREN, SYSTEM, complete
from tests.support import people, rows_customers

pytestmark = pytest.mark.django_db


def codes(customer):
    return [(one.code, str(one.severity)) for one in checks.remarks(customer)]


def test_numbers_are_given_in_order_by_owner_and_skip_those_taken(bruno):
    first = services.create_customer(actor=SYSTEM, data={"name": "Un"})
    services.create_customer(actor=SYSTEM, data={"name": "Pris", "number": "c000002"})
    third = services.create_customer(actor=SYSTEM, data={"name": "Trois"})
    theirs = services.create_customer(actor=SYSTEM, data={"name": "Un", "owner": bruno.organisation})
    assert (first.number, third.number, theirs.number) == ("C000001", "C000003", "C000001")
    with pytest.raises(ValidationError, match="Another customer has this number"):
        services.create_customer(actor=SYSTEM, data={"name": "Encore", "number": "C000001"})
    assert Customer.objects.count() == 4


def test_a_complete_customer_has_no_remark():
    customer = services.create_customer(actor=SYSTEM, data=complete(name="Perret"))
    assert codes(customer) == []
    assert (customer.remark_count, customer.blocking_count, customer.territory, customer.zone) == (
        0,
        0,
        "FR",
        "Europe/Paris",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"line1": "", "postal_code": "", "city": ""}, [("customer.no-address", "error")]),
        ({"line1": ""}, [("customer.address-short", "warning")]),
        ({"postal_code": "3910"}, [("customer.postal-code", "error")]),
        ({"vat_number": "FR95552100554"}, [("customer.vat", "error")]),
        ({"vat_number": "FR"}, [("customer.vat", "error")]),
        ({"siren": "552100555"}, [("customer.siren", "error"), ("customer.vat-other", "error")]),
        ({"siren": "", "vat_number": ""}, [("customer.no-siren", "error")]),
        ({"siren": "", "vat_number": "", "kind": "private"}, []),
        ({"siret": "55210055400013"}, []),
        ({"siret": "55210055400014"}, [("customer.siret", "error")]),
        ({"reseller": True, "kind": "operator"}, [("customer.no-reseller-proof", "error")]),
        ({"reseller": True, "arcep_declaration": "18/0042", "vat_number": ""}, [("customer.no-vat", "error")]),
        ({"vat_case": "exempt"}, [("customer.no-exempt-reason", "error")]),
        ({"kind": "public"}, [("customer.no-siret", "error"), ("customer.no-service-code", "warning")]),
        ({"invoice_emails": ""}, [("customer.no-email", "warning")]),
        ({"invoice_emails": "pas une adresse"}, [("customer.email", "warning")] * 3),
        ({"invoice_emails": "", "delivery": "hand"}, []),
        ({"timezone": "Europe/Dole"}, [("customer.timezone", "error")]),
        ({"siren": "", "vat_number": "BE0428759497", "country": "BE", "postal_code": "1000", "city": "Bruxelles"}, []),
        ({"siren": "", "vat_number": "BE0428759498", "country": "BE"}, [("customer.vat", "error")]),
        ({"service_city": "Dole"}, [("customer.address-short", "error"), ("customer.address-short", "warning")]),
    ],
)
def test_what_is_wrong_is_saved_and_said(change, expected):
    customer = services.create_customer(actor=SYSTEM, data=complete(name="Perret") | change)
    assert codes(customer) == expected
    assert customer.remark_count == len(expected)
    assert customer.blocking_count == sum(severity == "error" for _code, severity in expected)


def test_a_customer_that_is_not_billed_is_only_warned_about():
    customer = services.create_customer(actor=SYSTEM, data={"name": "Services internes", "billable": False})
    assert {severity for _code, severity in codes(customer)} == {"warning"}
    assert customer.blocking_count == 0


def test_sentences_are_said_in_french_and_english():
    customer = services.create_customer(actor=SYSTEM, data=complete(name="Perret", vat_number="FR95552100554"))
    from django.utils import translation

    (remark,) = checks.remarks(customer)
    assert checks.sentence(remark) == "“FR95552100554” is not a VAT number: its form or its key is wrong."
    with translation.override("fr"):
        assert (
            checks.sentence(remark)
            == "«\u00a0FR95552100554\u00a0» n’est pas un numéro de TVA\u00a0: sa forme ou sa clé est fausse."
        )


@pytest.mark.parametrize(
    ("country", "code", "territory", "zone"),
    [
        ("FR", "75001", "FR", "Europe/Paris"),
        ("FR", "20090", "FR", "Europe/Paris"),  # Corsica
        ("FR", "97110", "GP", "America/Guadeloupe"),
        ("FR", "97133", "BL", "America/St_Barthelemy"),
        ("FR", "97150", "MF", "America/Marigot"),
        ("FR", "97200", "MQ", "America/Martinique"),
        ("FR", "97300", "GF", "America/Cayenne"),
        ("FR", "97400", "RE", "Indian/Reunion"),
        ("FR", "97500", "PM", "America/Miquelon"),
        ("FR", "97600", "YT", "Indian/Mayotte"),
        ("FR", "97700", "BL", "America/St_Barthelemy"),
        ("FR", "97800", "MF", "America/Marigot"),
        ("FR", "98600", "WF", "Pacific/Wallis"),
        ("FR", "98714", "PF", "Pacific/Tahiti"),
        ("FR", "98800", "NC", "Pacific/Noumea"),
        ("MC", "98000", "FR", "Europe/Paris"),
        ("RE", "97400", "RE", "Indian/Reunion"),
        ("BE", "1000", "EU", "Europe/Paris"),
        ("CH", "1200", "XX", "Europe/Paris"),
        ("FR", "", "FR", "Europe/Paris"),
    ],
)
def test_the_territory_comes_from_the_postal_code(country, code, territory, zone):
    found = places.territory_of(country, code)
    assert (found, places.timezone_of(found)) == (territory, zone)


def test_the_territory_may_be_imposed_and_follows_the_address_again():
    customer = services.create_customer(actor=SYSTEM, data=complete(name="Perret", territory_forced="RE"))
    assert customer.territory == "RE"
    customer = services.update_customer(
        actor=SYSTEM, object=customer, data={"territory_forced": "", "postal_code": "97300"}
    )
    assert (customer.territory, customer.zone) == ("GF", "America/Cayenne")


def test_a_family_never_closes_on_itself(made):
    services.update_customer(actor=SYSTEM, object=made.b, data={"parent": made.a})
    c = services.create_customer(actor=SYSTEM, data={"name": "Atelier", "parent": made.b})
    for closing in (made.a, made.b, c):
        with pytest.raises(ValidationError, match="cannot belong to itself"):
            services.update_customer(actor=SYSTEM, object=made.a, data={"parent": closing})
    made.a.refresh_from_db()
    assert made.a.parent is None
    assert [row.name for row in queries.family(made.a)] == ["Menuiserie Perret", "Fromagerie Vautrin", "Atelier"]


def test_a_customer_with_lines_is_neither_archived_nor_deleted(made):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    with pytest.raises(ValidationError, match="still holds 1 lines"):
        services.archive_customers(actor=SYSTEM, objects=[made.b, made.a])
    with pytest.raises(ValidationError, match="is used by 1 assignment"):
        services.delete_customer(actor=SYSTEM, object=made.a)
    made.b.refresh_from_db()
    assert made.b.active, "all or none"
    assert holding.end_customer(actor=SYSTEM, customer=made.a, day=dt.date(2026, 3, 31)) == 1
    assert services.archive_customers(actor=SYSTEM, objects=[made.a]) == 1
    made.a.refresh_from_db()
    assert not made.a.active
    assert services.restore_customers(actor=SYSTEM, objects=[made.a, made.b]) == 1


def test_the_due_date_with_and_without_the_end_of_the_month():
    customer = Customer(payment_days=30)
    assert customer.due_date(dt.date(2026, 1, 15)) == dt.date(2026, 2, 14)
    customer.end_of_month = True
    assert customer.due_date(dt.date(2026, 1, 15)) == dt.date(2026, 2, 28)
    assert customer.due_date(dt.date(2026, 12, 5)) == dt.date(2027, 1, 31)


def test_a_stranger_touches_nothing(bruno_writes, chloe):
    chloe.roles.set([people.partner_role(clients=3)])
    chloe.forget_rights()
    theirs = services.create_customer(actor=Actor(bruno_writes), data=complete(name="Perret"))
    assert theirs.owner == bruno_writes.organisation
    with pytest.raises(PermissionDenied):
        services.update_customer(actor=Actor(chloe), object=theirs, data={"name": "Volé"})
    with pytest.raises(ValidationError, match="is not yours to use"):
        services.create_customer(actor=Actor(chloe), data={"name": "Enfant", "parent": theirs})
    with pytest.raises(PermissionDenied):
        services.create_cost_centre(actor=Actor(chloe), data={"customer": theirs, "code": "X"})
    with pytest.raises(ValidationError, match="not yours to use"):
        services.record_consent(actor=Actor(chloe), data={"customer": theirs, "asked_by": "X", "asked_on": JANUARY})
    theirs.refresh_from_db()
    assert (theirs.name, theirs.children.count(), theirs.cost_centres.count()) == ("Perret", 0, 0)


def test_the_operator_of_a_customer_never_changes(made, bruno):
    with pytest.raises(ValidationError, match="operator cannot be changed"):
        services.update_customer(actor=SYSTEM, object=made.a, data={"owner": bruno.organisation})
    made.a.refresh_from_db()
    assert made.a.owner is None


# -- digits --------------------------------------------------------------------------------------------------------
def test_digits_are_shown_only_to_who_asked_for_that_line_and_until_withdrawn(made, actor):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    with pytest.raises(ValidationError, match="has never held this line"):
        services.record_consent(
            actor=actor, data={"customer": made.b, "line": made.line, "asked_by": "M. X", "asked_on": JANUARY}
        )
    consent = services.record_consent(
        actor=actor,
        data={
            "customer": made.a,
            "line": made.line,
            "asked_by": "Mme Perret, gérante",
            "asked_on": dt.date(2026, 2, 1),
        },
    )
    assert consent.recorded_by == actor.user
    other = made.line.pk + 1
    assert not queries.digits_shown(made.a.pk, made.line.pk, dt.date(2026, 1, 31))
    assert queries.digits_shown(made.a.pk, made.line.pk, dt.date(2026, 2, 1))
    assert not queries.digits_shown(made.a.pk, other, dt.date(2026, 2, 1))
    services.withdraw_consent(actor=actor, consent=consent, day=dt.date(2026, 3, 1))
    assert queries.digits_shown(made.a.pk, made.line.pk, dt.date(2026, 2, 28))
    assert not queries.digits_shown(made.a.pk, made.line.pk, dt.date(2026, 3, 1))
    with pytest.raises(ValidationError, match="already withdrawn"):
        services.withdraw_consent(actor=actor, consent=consent, day=dt.date(2026, 4, 1))
    services.record_consent(
        actor=actor, data={"customer": made.a, "asked_by": "Mme Perret", "asked_on": dt.date(2026, 3, 2)}
    )
    assert queries.digits_shown(made.a.pk, other, dt.date(2026, 3, 2)), "asked for all the lines"
    assert DetailConsent.objects.count() == 2


# -- brands --------------------------------------------------------------------------------------------------------
def test_one_brand_serves_customers_without_one(made, bruno):
    first = services.create_brand(actor=SYSTEM, data={"slug": "sillon", "name": "Sillon"})
    second = services.create_brand(actor=SYSTEM, data={"slug": "combe", "name": "Combe"})
    assert (first.is_default, second.is_default) == (True, False)
    services.update_brand(actor=SYSTEM, object=second, data={"is_default": True})
    assert list(Brand.objects.filter(is_default=True)) == [second]
    assert queries.brand_of(made.a) == second
    services.update_customer(actor=SYSTEM, object=made.a, data={"brand": first})
    child = services.create_customer(
        actor=SYSTEM, data={"name": "Atelier", "parent": Customer.objects.get(pk=made.a.pk)}
    )
    assert queries.brand_of(child) == first, "inherited"
    theirs = rows_customers.customer(bruno.organisation, "autre")
    assert queries.brand_of(theirs) == second, "the house's, for want of one of its own"
    own = services.create_brand(actor=SYSTEM, data={"slug": "altitel", "name": "Altitel", "owner": bruno.organisation})
    assert queries.brand_of(theirs) == own


def test_a_brand_says_what_an_invoice_would_lack():
    brand = services.create_brand(
        actor=SYSTEM, data={"slug": "sillon", "name": "Sillon", "iban": "FR7630006000011234567890188"}
    )
    assert [one.code for one in checks.brand_remarks(brand)] == [
        "brand.no-legal-name", "customer.no-address", "customer.no-siren", "customer.no-vat", "brand.no-register", "brand.iban",
    ]  # fmt: skip
    data = {"legal_name": "Sillon SAS", "legal_form": "SAS au capital de 50 000 €", "rcs": "RCS Dole", "siren": SIREN,
            "vat_number": "FR96552100554", "line1": "1 place", "postal_code": "39100", "city": "Dole",
            "iban": "FR76 3000 6000 0112 3456 7890 189"}  # fmt: skip
    assert checks.brand_remarks(services.update_brand(actor=SYSTEM, object=brand, data=data)) == []


def test_what_was_done_is_told(made, actor):
    services.update_customer(actor=actor, object=made.a, data={"city": "Arbois"})
    told = audit.history(made.a).filter(verb="changed").get().sentence("en")
    assert told == "Alice Martin changed the city of “C000001 · Menuiserie Perret”: “Dole” → “Arbois”"
