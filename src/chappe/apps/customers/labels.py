"""What the lists of calls ask of customers: the names of the ids that calls carry, the lines whose numbers are shown or hidden."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from chappe.apps.customers.models import Assignment, CostCentre, Customer, DetailConsent, Line
from chappe.apps.usage import labels, policies
from chappe.kit.access.door import visible_to

MOST_CHOICES = 1_000


def _customers(ids: set[int]) -> dict[int, str]:
    return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "name"))


def _lines(ids: set[int]) -> dict[int, str]:
    return {line.pk: str(line) for line in Line.objects.filter(pk__in=ids)}


def _centres(ids: set[int]) -> dict[int, str]:
    return {centre.pk: str(centre) for centre in CostCentre.objects.filter(pk__in=ids)}


def _customers_named(text: str) -> set[int]:
    return set(Customer.objects.filter(Q(name__icontains=text) | Q(number__iexact=text)).values_list("pk", flat=True))


def _lines_named(text: str) -> set[int]:
    return set(
        Line.objects.filter(Q(number__icontains=text) | Q(user_name__icontains=text)).values_list("pk", flat=True)
    )


def _centres_named(text: str) -> set[int]:
    return set(
        CostCentre.objects.filter(Q(code__icontains=text) | Q(name__icontains=text)).values_list("pk", flat=True)
    )


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


def _seen(model: type[Model]) -> Callable[[Any, int], str]:
    """The name of a row that the reader may see; "" for any other."""
    return lambda user, pk: str(visible_to(user, model).filter(pk=pk).first() or "")


def _no_detail() -> frozenset[int]:
    return frozenset(Line.objects.filter(hide_detail=True).order_by().values_list("pk", flat=True))


def _consents() -> frozenset[int]:
    """Lines whose holder asked for whole numbers, today: the line itself, or all those of its customer."""
    today = timezone.localdate()
    asked = DetailConsent.objects.filter(asked_on__lte=today).filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=today))
    held = Assignment.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=today)
    lines = set(asked.exclude(line=None).values_list("line", flat=True))
    whole = asked.filter(line=None).values("customer")
    return frozenset(lines | set(held.filter(customer__in=whole).values_list("line", flat=True)))


def register() -> None:
    """Called once, when the app is ready."""
    policies.register_lines(policies.NO_DETAIL, _no_detail)
    policies.register_lines(policies.CONSENTS, _consents)
    labels.register(
        "customer",
        _customers,
        url=_url("customers.customer"),
        choices=_customer_choices,
        search=_customers_named,
        seen=_seen(Customer),
    )
    labels.register(
        "line_id", _lines, url=_url("customers.line"), choices=_line_choices, search=_lines_named, seen=_seen(Line)
    )
    labels.register(
        "cost_centre",
        _centres,
        url=_url("customers.cost-centre"),
        choices=_centre_choices,
        search=_centres_named,
        seen=_seen(CostCentre),
    )
