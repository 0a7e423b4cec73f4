"""Acts and pages of layouts: what a copy changes, a preview of a file read with it, activating it, going back."""

from typing import Any, ClassVar

import polars as pl
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chappe.apps.exchange.models import ReceivedFile
from chappe.apps.ipe import aside, layouts, words
from chappe.apps.ipe.models import Flow, LayoutCopy
from chappe.core.interop.blocks import find_encoding, read_blocks
from chappe.core.interop.opening import tables
from chappe.core.interop.spool import head_frame, spool
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Done

FIRST = 2_000  # lines of a file that a preview reads
SHOWN = 10


class LayoutForm(forms.ModelForm):
    """The text begins as what is in force."""

    class Media:
        css: ClassVar = {"all": ("ipe/ipe.css",)}

    class Meta:
        model = LayoutCopy
        fields = ("flow", "note", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 30, "class": "ip-toml", "spellcheck": "false"})}
        help_texts = {
            "text": _(
                "Columns, their other names, types, lengths, versions, lists of values. It is checked before it is kept."
            ),
            "note": _("One line, for whoever reads the history."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and not self.is_bound:
            self.initial.setdefault("flow", Flow.IPE)
            self.initial.setdefault("text", layouts.packaged_text(str(self.initial["flow"])))


def differences(copy: LayoutCopy, _user: Any) -> dict[str, Any]:
    """What is not as packaged, and files to try it on."""
    try:
        found, problem = layouts.differences(copy.flow, copy.text), ""
    except ValidationError as error:
        found, problem = [], " ".join(error.messages)
    files = ReceivedFile.objects.filter(kind=copy.flow).order_by("-pk")[:20]
    return {
        "differences": found,
        "problem": problem,
        "files": files,
        "preview_url": registry.url("ipe.preview", pk=copy.pk),
    }


def activate(*, actor: Actor, objects: list[LayoutCopy]) -> Done:
    """Read files with it."""
    layouts.COPIES.activate(actor=actor, copy=objects[0])
    return Done(
        _("Files are read with this layout from now on. Files read earlier stay as they were: read them again.")
    )


def retire(*, actor: Actor, objects: list[LayoutCopy]) -> Done:
    """Back to the packaged one."""
    layouts.COPIES.retire(actor=actor, copy=objects[0])
    return Done(_("Files are read with the packaged layout again."))


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The first lines of a received file, read with this layout and with the one in force."""
    copy = get_object_or_404(visible_to(request.user, LayoutCopy), pk=pk)
    asked = request.GET.get("file", "")
    files = visible_to(request.user, ReceivedFile).filter(kind=copy.flow).select_related("stored").order_by("-pk")
    file = files.filter(pk=int(asked[:15])).first() if asked.isdecimal() else files.first()
    context: dict[str, Any] = {"copy": copy, "copy_url": registry.object_url(copy), "file": file, "files": files[:20]}
    if file is not None:
        try:
            context["sides"] = [
                (_g("With this layout"), _read(file, layouts.checked(copy.flow, copy.text))),
                (_g("With the layout in force"), _read(file, layouts.layout_of(copy.flow))),
            ]
        except ValidationError as error:
            context["problem"] = " ".join(error.messages)
        except FileNotFoundError:
            context["problem"] = _g("The bytes of this file are missing from the store.")
    return render(request, "ipe/preview.html", context)


def _read(file: ReceivedFile, layout: Any) -> dict[str, Any]:
    with aside.folder() as place:
        found, _said = tables(file.stored.path, place)
        if not found:
            return {"rows": 0, "remarks": []}
        first, short = found[0].path, place / "first.csv"
        encoding = find_encoding(first)
        with first.open("rb") as source:
            block = next(read_blocks(source, encoding, size=2_000_000), None)
        name = "utf-8" if encoding == "utf-8-sig" else encoding
        short.write_bytes("\n".join(block.lines[:FIRST] if block else []).encode(name, "replace"))
        made = spool(layout, short, place, name=file.name, today=timezone.localdate())
        made.remark(head_frame(made.head))
        remarks = pl.read_parquet(made.issues.close()) if made.issues is not None else pl.DataFrame()
        counts = remarks.group_by("code", "severity").agg(pl.len().alias("n"), pl.all().exclude("code", "severity").first()).sort("n", descending=True)  # fmt: skip
        shown = pl.read_parquet(made.rows).head(SHOWN) if made.usable else pl.DataFrame()
        known = [
            c
            for c in shown.columns
            if c not in {"row", "line", "inner", "extra", "unread"} and shown[c].null_count() < len(shown)
        ][:12]
        return {
            "usable": made.usable, "lines": made.lines, "refused": made.refused, "version": ", ".join(made.versions), "bound": len(made.fields),
            "columns": len(made.names), "head": known, "sample": shown.select(known).rows() if known else [],
            "remarks": [(row["n"], words.SEVERITIES[row["severity"]], words.remark_sentence(row)) for row in counts.iter_rows(named=True)],
        }  # fmt: skip
