"""System checks: no model of the house without an answer to “who may see it?”."""

from typing import Any

from django.apps import apps
from django.core.checks import Error, register

from chappe.kit.access.areas import areas
from chappe.kit.access.door import Access

HOUSE_PACKAGES = ("chappe.kit.", "chappe.apps.")


@register("access")
def every_model_has_its_access(app_configs: Any, **kwargs: Any) -> list[Error]:
    """access.E001: a model says neither ``access`` nor ``no_access``; access.E002: its area is not registered."""
    faults = []
    for model in apps.get_models():
        if not model.__module__.startswith(HOUSE_PACKAGES):
            continue
        access = getattr(model, "access", None)
        if not isinstance(access, Access):
            if not getattr(model, "no_access", ""):
                faults.append(
                    Error(
                        f"{model._meta.label} does not say who may see it.",
                        hint="Declare access = Access(area=…, owner=…), or no_access = “the reason”.",
                        obj=model,
                        id="access.E001",
                    )
                )
        elif access.area not in areas():
            hint = "Register it in the app's access.py."
            faults.append(Error(f"Area of rights “{access.area}” is unknown.", hint=hint, obj=model, id="access.E002"))
    return faults
