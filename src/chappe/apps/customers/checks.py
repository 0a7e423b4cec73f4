"""What is wrong or missing on a customer or a brand, as sentences. Nothing here refuses: an error parks the customer at billing.

An ERROR stops an invoice from being issued; a WARNING lets it leave. Sources: CGI ann. II 242 nonies A and C. com. L441-9
(name, address, SIREN, VAT number of the buyer), CGI 283-2 octies (a reseller's proof), Chorus Pro (service code).
"""

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name
from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent
from stdnum.exceptions import ValidationError as NotANumber
from stdnum.fr import siren, siret, tva

from chappe.apps.customers import places
from chappe.apps.customers.brands import Brand
from chappe.apps.customers.models import Customer
from chappe.apps.exchange.words import issue_sentence
from chappe.core.base.issue import Issue, Severity, declare

declare(
    {
        "customer.no-address": N_("There is no postal address: an invoice must carry it."),
        "customer.address-short": N_("The address has no {what}."),
        "customer.postal-code": N_("“{value}” is not a French postal code: five digits."),
        "customer.country": N_("“{value}” is not a country: two letters, such as FR."),
        "customer.no-siren": N_("There is no SIREN: an invoice between companies must carry it."),
        "customer.siren": N_("“{value}” is not a SIREN: nine digits, the last one checks the others."),
        "customer.siret": N_("“{value}” is not a SIRET: fourteen digits, which check themselves."),
        "customer.siret-other": N_("The SIRET “{value}” is not one of the SIREN “{siren}”."),
        "customer.no-siret": N_("There is no SIRET: a public body is reached by it."),
        "customer.no-vat": N_("There is no VAT number: without it the buyer cannot pay the VAT itself."),
        "customer.vat": N_("“{value}” is not a VAT number: its form or its key is wrong."),
        "customer.vat-other": N_("The VAT number “{value}” is not that of the SIREN “{siren}”."),
        "customer.no-reseller-proof": N_("It resells communications, but its ARCEP declaration is not noted."),
        "customer.no-exempt-reason": N_("It is exempt from VAT, but nothing says why."),
        "customer.no-email": N_("Its invoices go by e-mail and there is no address to send them to."),
        "customer.email": N_("“{value}” is not an e-mail address."),
        "customer.no-service-code": N_("There is no service code: many public bodies refuse an invoice without it."),
        "customer.timezone": N_("“{value}” is not a time zone."),
        "brand.no-legal-name": N_("There is no legal name: an invoice must carry it."),
        "brand.no-iban": N_("There is no IBAN: customers do not know where to pay."),
        "brand.iban": N_("“{value}” is not an IBAN: its form or its key is wrong."),
        "brand.no-register": N_("The legal form, the capital or the trade register is missing."),
    }
)

COUNTRY = re.compile(r"^[A-Z]{2}\Z")
COMPANIES = frozenset({Customer.Kind.COMPANY, Customer.Kind.OPERATOR, Customer.Kind.PUBLIC})


def remarks(customer: Customer) -> list[Issue]:
    """Everything wrong or missing on one customer, errors first. One that is not billed is only warned about.

    Reads the row alone: no query.
    """
    found = [*_address(customer), *_identity(customer), *_vat(customer), *_delivery(customer)]
    if not customer.billable:
        found = [Issue(one.code, Severity.WARNING, field=one.field, params=one.params) for one in found]
    return sorted(found, key=lambda one: one.severity != Severity.ERROR)


def blocking(customer: Customer) -> list[Issue]:
    """Those of the remarks that keep an invoice from being issued."""
    return [one for one in remarks(customer) if one.severity is Severity.ERROR]


def brand_remarks(brand: Brand) -> list[Issue]:
    """The same for the seller."""
    found = [] if brand.legal_name else [_error("brand.no-legal-name", "legal_name")]
    found += [*_place(brand, ""), *_numbers(brand)]
    if not brand.siren:
        found.append(_error("customer.no-siren", "siren"))
    if not brand.vat_number and not brand.franchise:
        found.append(_error("customer.no-vat", "vat_number"))
    if not (brand.legal_form and brand.rcs):
        found.append(_warning("brand.no-register", "legal_form"))
    if not brand.iban:
        found.append(_warning("brand.no-iban", "iban"))
    elif not _iban_ok(brand.iban):
        found.append(_error("brand.iban", "iban", value=brand.iban))
    return found


def sentence(issue: Issue) -> str:
    """The sentence in the active language."""
    return issue_sentence(issue.code, issue.params)


def _error(code: str, field: str, **params: Any) -> Issue:
    return Issue(code, Severity.ERROR, field=field, params=params)


def _warning(code: str, field: str, **params: Any) -> Issue:
    return Issue(code, Severity.WARNING, field=field, params=params)


def _address(customer: Customer) -> Iterator[Issue]:
    yield from _place(customer, "")
    if customer.service_line1 or customer.service_city or customer.service_postal_code:
        yield from _place(customer, "service_")
    zone = customer.timezone
    if zone and not _zone_ok(zone):
        yield _error("customer.timezone", "timezone", value=zone)


def _place(row: Any, prefix: str) -> Iterator[Issue]:
    """The street may be missing (a hamlet has none), the postal code and the city may not."""
    code, city, street = (getattr(row, f"{prefix}{name}").strip() for name in ("postal_code", "city", "line1"))
    country = getattr(row, f"{prefix}country") or row.country
    if not (code or city or street):
        yield _error("customer.no-address", f"{prefix}line1")
        return
    if not COUNTRY.match(country):
        yield _error("customer.country", f"{prefix}country", value=country)
        return
    if not city:
        yield _error("customer.address-short", f"{prefix}city", what=_word("city"))
    if not street:
        yield _warning("customer.address-short", f"{prefix}line1", what=_word("street"))
    if not code:
        yield _error("customer.address-short", f"{prefix}postal_code", what=_word("postal code"))
    elif not places.postal_code_looks_right(country, code):
        yield _error("customer.postal-code", f"{prefix}postal_code", value=code)


def _word(text: str) -> Any:
    from django.utils.translation import gettext_lazy as _

    return {"city": _("city"), "street": _("street"), "postal code": _("postal code")}[text]


def _identity(customer: Customer) -> Iterator[Issue]:
    yield from _numbers(customer)
    french = customer.territory not in {"EU", "XX"}
    if french and customer.kind in COMPANIES and not customer.siren:
        yield _error("customer.no-siren", "siren")
    if customer.kind == Customer.Kind.PUBLIC:
        if not customer.siret:
            yield _error("customer.no-siret", "siret")
        if not customer.service_code:
            yield _warning("customer.no-service-code", "service_code")


def _numbers(row: Any) -> Iterator[Issue]:
    """SIREN, SIRET and VAT number: each right in itself, and all of the same company."""
    if row.siren and not siren.is_valid(row.siren):
        yield _error("customer.siren", "siren", value=row.siren)
    if row.siret:
        if not siret.is_valid(row.siret):
            yield _error("customer.siret", "siret", value=row.siret)
        elif row.siren and not row.siret.startswith(row.siren):
            yield _error("customer.siret-other", "siret", value=row.siret, siren=row.siren)
    if row.vat_number:
        if not vat_ok(row.vat_number):
            yield _error("customer.vat", "vat_number", value=row.vat_number)
        elif row.vat_number.startswith("FR") and row.siren and not row.vat_number.endswith(row.siren):
            yield _error("customer.vat-other", "vat_number", value=row.vat_number, siren=row.siren)


def vat_ok(number: str) -> bool:
    """Form and key of a VAT number of the Union; a number from elsewhere is not judged. Nobody is asked whether it is in use."""
    country = number[:2].upper()
    try:
        if country == "FR":
            tva.validate(number)
        elif country in places.union():
            vat.validate(number)
    except (NotANumber, InvalidChecksum, InvalidComponent):
        return False
    return bool(number[2:].strip())


def _vat(customer: Customer) -> Iterator[Issue]:
    case = customer.vat_case
    needs = case in {Customer.VatCase.REVERSE, Customer.VatCase.INTRA}
    if (needs or customer.reseller) and not customer.vat_number:
        yield _error("customer.no-vat", "vat_number")
    if (customer.reseller or case == Customer.VatCase.REVERSE) and not customer.arcep_declaration:
        yield _error("customer.no-reseller-proof", "arcep_declaration")
    if case == Customer.VatCase.EXEMPT and not customer.vat_reason:
        yield _error("customer.no-exempt-reason", "vat_reason")


def _delivery(customer: Customer) -> Iterator[Issue]:
    if customer.delivery == Customer.Delivery.MAIL and not customer.emails:
        yield _warning("customer.no-email", "invoice_emails")
    for address in customer.emails:
        try:
            validate_email(address)
        except ValidationError:
            yield _warning("customer.email", "invoice_emails", value=address)


def _zone_ok(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _iban_ok(value: str) -> bool:
    from stdnum import iban

    return iban.is_valid(value, check_country=True)
