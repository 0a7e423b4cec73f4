"""Rows of the policies of calls. There is one policy and one rule a class: a factory takes what is there."""

from typing import Any

from chappe.apps.usage.models import MaskingPolicy, RetentionRule


def masking(_owner: Any, mark: str) -> MaskingPolicy:
    return MaskingPolicy.objects.create(notes=mark)


def rule(_owner: Any, mark: str) -> RetentionRule:
    kinds = RetentionRule.Kind.values
    taken = set(RetentionRule.objects.filter(basis__startswith="zq").values_list("kind", flat=True))
    kind = next((kind for kind in kinds if kind not in taken), kinds[0])
    return RetentionRule.objects.update_or_create(kind=kind, defaults={"months": 12, "basis": mark})[0]


FACTORIES = {MaskingPolicy: masking, RetentionRule: rule}
