"""Names of the ids of customers, lines and cost centres that calls carry: what the lists of calls show and filter by."""

from typing import Any

from chappe.apps.customers.models import CostCentre, Customer, Line
from chappe.apps.usage import labels
from chappe.kit.access.door import visible_to

MOST_CHOICES = 1_000


def _customers(ids: set[int]) -> dict[int, str]:
    return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "name"))


def _lines(ids: set[int]) -> dict[int, str]:
    return {line.pk: str(line) for line in Line.objects.filter(pk__in=ids)}


def _centres(ids: set[int]) -> dict[int, str]:
    return {centre.pk: str(centre) for centre in CostCentre.objects.filter(pk__in=ids)}


def _url(slug: str) -> Any:
    def url(number: int) -> str:
        from chappe.kit.screens import registry

        return registry.url(slug, "detail", pk=number)

    return url


def _customer_choices(user: Any) -> list[tuple[int, str]]:
    return list(visible_to(user, Customer).order_by("name").values_list("pk", "name")[:MOST_CHOICES])


def _line_choices(user: Any) -> list[tuple[int, str]]:
    return [(line.pk, str(line)) for line in visible_to(user, Line).order_by("number")[:MOST_CHOICES]]


def _centre_choices(user: Any) -> list[tuple[int, str]]:
    rows = visible_to(user, CostCentre).select_related("customer").order_by("customer__name", "code")
    return [(centre.pk, f"{centre.customer.name} · {centre}") for centre in rows[:MOST_CHOICES]]


def register() -> None:
    """Called once, when the app is ready."""
    labels.register("customer", _customers, url=_url("customers.customer"), choices=_customer_choices)
    labels.register("line_id", _lines, url=_url("customers.line"), choices=_line_choices)
    labels.register("cost_centre", _centres, url=_url("customers.cost-centre"), choices=_centre_choices)
