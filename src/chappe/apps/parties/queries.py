"""Reads on parties that other apps share."""

from django.db.models import QuerySet

from chappe.apps.parties.models import Operator, OperatorProtocol


def by_tenant(codes: set[str]) -> dict[str, Operator]:
    """tenant code → operator, in one query. Codes that no operator has are absent."""
    return {str(operator.tenant): operator for operator in Operator.objects.filter(tenant__in=codes)}


def active_operators() -> QuerySet[Operator]:
    """Operators that are not archived, by name."""
    return Operator.objects.filter(active=True)


def protocol_version(operator: Operator, flow: str, default: str) -> str:
    """The version to speak with ``operator`` for ``flow``; ``default`` (the latest) when none is imposed."""
    versions = OperatorProtocol.objects.filter(operator=operator, flow=flow).values_list("version", flat=True)
    return versions.first() or default
