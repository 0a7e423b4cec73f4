"""The layouts in force: the packaged ones, or copies that an operator corrected.

A copy is checked whole before it may be kept, and previewed against a file before it may be activated.
"""

from importlib import resources
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chappe.apps.ipe.models import Flow, LayoutCopy
from chappe.core.interop.layout import Layout, layout_from_toml, packaged
from chappe.kit.audit.sentences import register_sentence
from chappe.kit.documents.copies import Copies

register_sentence("ipe.layout-activated", gettext_noop("{actor} activated the layout “{object}”"))
register_sentence(
    "ipe.layout-retired", gettext_noop("{actor} went back from the layout “{object}” to the packaged one")
)


def layout_of(flow: str) -> Layout:
    """The layout that files of a flow are read with now."""
    text = COPIES.text(flow=flow)
    return layout_from_toml(text) if text else packaged(flow)


def packaged_text(flow: str) -> str:
    """The TOML that comes with Chappe."""
    return resources.files("chappe.core.interop").joinpath(f"layouts/{flow}.toml").read_text("utf-8")


def checked(flow: str, text: str) -> Layout:
    """The layout a text says. Raises ValidationError with what is wrong in it."""
    try:
        layout = layout_from_toml(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValidationError({"text": _("This layout cannot be used: %(why)s") % {"why": str(error)[:300]}}) from error
    usual = packaged(flow)
    if layout.kind != flow:
        raise ValidationError({"text": _("It says kind = “%(kind)s”: a layout of this flow says “%(flow)s”.") % {"kind": layout.kind, "flow": flow}})  # fmt: skip
    needed = {column.field for column in usual.columns if column.essential}
    lost = sorted(needed - {column.field for column in layout.columns})
    if lost:
        raise ValidationError(
            {"text": _("Rows cannot be told apart without: %(fields)s.") % {"fields": ", ".join(lost)}}
        )
    kinds = {column.field: column.kind for column in usual.columns}
    for column in layout.columns:
        if kinds.get(column.field, column.kind) != column.kind:
            raise ValidationError({"text": _("%(name)s: the field “%(field)s” is of the type %(kind)s.") % {"name": column.name, "field": column.field, "kind": kinds[column.field]}})  # fmt: skip
    return layout


COPIES = Copies(
    model=LayoutCopy, check=lambda copy: checked(copy.flow, copy.text), same=("flow",),
    activated="ipe.layout-activated", retired="ipe.layout-retired",
)  # fmt: skip


def differences(flow: str, text: str) -> list[tuple[str, str, str, str]]:
    """(column, setting, packaged, here) of everything that is not as packaged."""
    here, usual = checked(flow, text), packaged(flow)
    ours = {column.name: column for column in here.columns}
    theirs = {column.name: column for column in usual.columns}
    found = [(name, _("column"), "", _("added")) for name in ours if name not in theirs]
    found += [(name, _("column"), _("packaged"), _("removed")) for name in theirs if name not in ours]
    for name, column in ours.items():
        if name in theirs:
            for setting in SETTINGS:
                before, after = getattr(theirs[name], setting), getattr(column, setting)
                if before != after:
                    found.append((name, setting, _shown(before), _shown(after)))
    for version in sorted({*here.versions, *usual.versions}):
        before, after = usual.versions.get(version, ()), here.versions.get(version, ())
        if before != after:
            found.append((version, _("version"), str(len(before)), str(len(after))))
    for name in sorted({*here.enums, *usual.enums}):
        if dict(here.enums.get(name, {})) != dict(usual.enums.get(name, {})):
            found.append(
                (name, _("list of values"), str(len(usual.enums.get(name, {}))), str(len(here.enums.get(name, {}))))
            )
    return found


SETTINGS = ("field", "kind", "length", "exact", "need", "essential", "of", "aliases", "enum", "open", "suffix")


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


FLOWS = (Flow.IPE, Flow.CPN)
