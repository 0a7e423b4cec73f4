"""The column-mapping wizard: a sample pasted or uploaded, a proposed mapping, columns corrected with lists, a preview, a profile.

A profile that was learnt is corrected here too: ``?profile=`` opens it at the second step, and saving changes that profile.
Nothing is kept between the steps but what the page carries; only the last step writes, through the verbs of profiles.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.collect import decoding, profiles, services
from chappe.apps.collect.access import AREA
from chappe.apps.collect.forms import OPTION, ZONES, is_usual, option_field, option_value, zone_choices
from chappe.apps.collect.models import Source, TicketProfile
from chappe.apps.collect.pages import tally
from chappe.core.base.lang import translate
from chappe.core.tickets.contract import Profile
from chappe.core.tickets.mapping import ColumnMapping, propose
from chappe.core.tickets.registry import DECODERS
from chappe.core.tickets.words import FIELDS
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.screens import registry

KEPT_CHARS = 60_000
PREVIEW = 25
LAID = frozenset({"fields", "form", "delimiter", "quote", "header"})  # settings that the wizard shows otherwise
DELIMITERS = ((";", _("semicolon")), (",", _("comma")), ("\t", _("tabulation")), ("|", _("bar")))


def link(user: Any) -> tuple[Any, str, str] | None:
    """The button “Learn a layout”, for who may."""
    return (_g("Learn a layout"), registry.url("collect.wizard"), "wand") if may(user, AREA, Level.WRITE) else None


class SampleForm(forms.Form):
    """Step one: some lines of the file to learn."""

    sample = forms.CharField(
        label=_("Some lines of the file"), required=False, strip=False, max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "ch-ref", "spellcheck": "false", "wrap": "off"}),
        help_text=_("With its header line if it has one. Twenty lines are plenty."),
    )  # fmt: skip
    file = forms.FileField(label=_("Or the file itself"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = data.get("file")
        text = _text(given.read(KEPT_CHARS)) if given else data.get("sample") or ""
        if not text.strip():
            raise ValidationError(_("Paste a few lines, or choose a file."))
        data["sample"] = text[:KEPT_CHARS]
        return data


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.start >= len(data) - 3  # a letter cut by the limit, not another encoding
        text = data[: error.start].decode() if cut else data.decode("cp1252", "replace")
    return "\n".join(text.splitlines())


class MappingForm(forms.Form):
    """Step two: what each column holds, how times and directions are written, a name."""

    use_required_attribute = False

    label = forms.CharField(label=_("Name of the profile"), max_length=120, required=False)
    timezone = forms.ChoiceField(label=_("Clock of the tickets"), initial=ZONES[0])
    delimiter = forms.ChoiceField(label=_("Separator of the columns"), choices=DELIMITERS, required=False)
    header = forms.BooleanField(label=_("The file has a line of headings"), required=False)

    def __init__(self, mapping: ColumnMapping, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].required = not self.is_bound  # asked for when it is saved, not when it is shown again
        self.mapping = mapping
        language = (get_language() or "fr")[:2]
        self.fields["timezone"].choices = zone_choices()
        self.fields["delimiter"].initial, self.fields["header"].initial = mapping.delimiter, mapping.header
        known = [("", _g("leave aside")), *((name, translate(label, language)) for name, label in FIELDS.items())]
        held = {column: field for field, column in mapping.fields.items()}
        self.columns: list[str] = []
        for rank, column in enumerate(mapping.columns):
            name = f"col_{rank}"
            self.fields[name] = forms.ChoiceField(
                label=column, required=False, choices=known, initial=held.get(column, "")
            )
            self.columns.append(name)
        self.options = [option for option in DECODERS["mapped"].options if option.name not in LAID]
        for option in self.options:
            self.fields[OPTION + option.name] = option_field(option, mapping.options.get(option.name))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.fields["label"].required = True
        taken: dict[str, str] = {}
        for rank, name in enumerate(self.columns):
            field = data.get(name)
            if field and field in taken:
                self.add_error(name, _g("“%(column)s” holds this already.") % {"column": taken[field]})
            elif field:
                taken[field] = self.mapping.columns[rank]
        options: dict[str, Any] = {}
        for option in self.options:
            present = self.mapping.options.get(option.name, option.default)
            try:
                value = option_value(option, data.get(OPTION + option.name), present)
            except ValidationError as error:
                self.add_error(OPTION + option.name, error)
                continue
            if not is_usual(option, value):
                options[option.name] = value
        data["fields"], data["options"] = taken, options
        return data

    def cells(self) -> list[dict[str, Any]]:
        """Each column with its list, its first values and how sure the guess is."""
        sure = {column: self.mapping.sure.get(field, 0) for field, column in self.mapping.fields.items()}
        rows = []
        for rank, name in enumerate(self.columns):
            column = self.mapping.columns[rank]
            examples = [row[rank] for row in self.mapping.sample if rank < len(row) and row[rank]][:3]
            rows.append(
                {"field": self[name], "examples": examples, "sure": sure.get(column, 0), "guessed": column in sure}
            )
        return rows

    def settings(self) -> list[forms.BoundField]:
        """The other settings, as fields of the page."""
        return [
            self["timezone"],
            self["delimiter"],
            self["header"],
            *(self[OPTION + option.name] for option in self.options),
        ]


def page(request: HttpRequest) -> HttpResponse:
    """Both steps on one address: the sample, then the mapping with its preview, then the profile."""
    row = _opened(request)
    if row is not None and request.method != "POST":
        mapping = _present(row, row.sample)
        initial = {"label": row.label, "timezone": row.timezone}
        return _second(request, row.sample, mapping, MappingForm(mapping, initial=initial), zone=row.timezone, row=row)
    if request.method != "POST":
        return render(request, "collect/wizard.html", {"form": SampleForm()})
    if request.POST.get("step") != "mapping":
        form = SampleForm(request.POST, request.FILES)
        if not form.is_valid():
            return render(request, "collect/wizard.html", {"form": form}, status=422)
        sample = form.cleaned_data["sample"]
        mapping = propose(_lines(sample))
        if len(mapping.columns) < 2:
            form.add_error(
                "sample", _g("No columns were found in these lines: are they separated by ; , a tabulation or | ?")
            )
            return render(request, "collect/wizard.html", {"form": form}, status=422)
        return _second(request, sample, mapping, MappingForm(mapping))
    return _corrected(request, row)


def _opened(request: HttpRequest) -> TicketProfile | None:
    """The profile to be corrected. Raises Http404 for one that was not learnt, or that the reader does not see."""
    slug = request.GET.get("profile", "")
    return get_object_or_404(visible_to(request.user, TicketProfile), slug=slug, decoder="mapped") if slug else None


def _present(row: TicketProfile, sample: str) -> ColumnMapping:
    """The mapping of a saved profile, with the first values of each column where the sample shows them."""
    mapping = ColumnMapping.of_profile(profiles.as_profile(row))
    seen = propose(_lines(sample))
    places = [seen.columns.index(column) if column in seen.columns else None for column in mapping.columns]
    body = tuple(tuple("" if at is None or at >= len(cells) else cells[at] for at in places) for cells in seen.sample)
    return replace(mapping, sample=body, sure=dict.fromkeys(mapping.fields, 1.0))


def _lines(sample: str) -> list[bytes]:
    return [line.encode() for line in sample.splitlines() if line.strip()]


def _corrected(request: HttpRequest, row: TicketProfile | None) -> HttpResponse:
    sample = request.POST.get("sample", "")[:KEPT_CHARS]
    mapping = _laid(_present(row, sample) if row else propose(_lines(sample)), request, sample)
    form = MappingForm(mapping, request.POST)
    if not form.is_valid():
        return _second(request, sample, mapping, form, status=422, row=row)
    chosen = _with(mapping, form.cleaned_data)
    zone = form.cleaned_data["timezone"]
    if "save" in request.POST:
        label = form.cleaned_data["label"].strip()
        if not label:
            form.add_error("label", _g("Give it a name."))
        else:
            try:
                made = chosen.to_profile("mapping", label, zone)
                return _correct(request, row, made) if row else _save(request, made, sample)
            except ValidationError as error:
                form.add_error(None, error.messages)
    return _second(request, sample, chosen, form, zone=zone, status=422 if form.errors else 200, row=row)


def _laid(mapping: ColumnMapping, request: HttpRequest, sample: str) -> ColumnMapping:
    """The columns cut anew when another separator, or a header that is none, was said."""
    delimiter, header = request.POST.get("delimiter") or mapping.delimiter, "header" in request.POST
    if mapping.form != "csv" or (delimiter == mapping.delimiter and header == mapping.header):
        return mapping
    again = propose(_lines(sample), delimiter=delimiter, header=header)
    if not again.columns:
        return replace(mapping, delimiter=delimiter, header=header)
    return replace(again, fields={}, sure={})


def _with(mapping: ColumnMapping, data: dict[str, Any]) -> ColumnMapping:
    return replace(mapping.with_fields(data["fields"]), options=data["options"])


def _correct(request: HttpRequest, row: TicketProfile, profile: Profile) -> HttpResponse:
    data = {
        "label": profile.label, "timezone": profile.timezone, "columns": list(profile.columns), "options": dict(profile.options),
    }  # fmt: skip
    services.update_profile(actor=Actor.of(request), object=row, data=data)
    messages.success(request, _g("The layout is corrected. Refused lines can now be read again."))
    return redirect(registry.object_url(row))


def _save(request: HttpRequest, profile: Profile, sample: str) -> HttpResponse:
    user = request.user
    row = services.create_profile(
        actor=Actor.of(request),
        data={
            "label": profile.label, "owner": user.organisation, "decoder": profile.decoder, "timezone": profile.timezone,  # type: ignore[union-attr]
            "encoding": profile.encoding, "columns": list(profile.columns), "options": dict(profile.options),
            "transport": dict(profile.transport), "sample": "\n".join(sample.splitlines()[:30]),
        },
    )  # fmt: skip
    messages.success(request, _g("The layout is learnt. Choose this profile on a source, or when you send a file."))
    return redirect(registry.object_url(row))


def _second(
    request: HttpRequest,
    sample: str,
    mapping: ColumnMapping,
    form: MappingForm,
    *,
    zone: str = ZONES[0],
    status: int = 200,
    row: TicketProfile | None = None,
) -> HttpResponse:
    language = (get_language() or "fr")[:2]
    faults = [issue.sentence(language) for issue in mapping.check()]
    shown = [] if faults else _preview(mapping.to_profile("mapping", "mapping", zone), sample)
    context = {
        "mapping_form": form, "sample": sample, "shown": shown, "faults": faults, "tally": tally(shown), "mapping": mapping, "profile": row,
        "used": visible_to(request.user, Source).filter(profile=row.slug) if row else (),
    }  # fmt: skip
    return render(request, "collect/wizard.html", context, status=status)


def _preview(profile: Profile, sample: str) -> Sequence[decoding.Shown]:
    return decoding.show_all(profile, decoding.split_sample(profile, sample.encode(), PREVIEW))
