"""Forms of the inventory. What is chosen among thousands is typed by its reference, not picked from an endless list."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.network import courses
from chappe.apps.network.models import (
    Building,
    Cable,
    Fibre,
    Module,
    Pbo,
    Pm,
    PmLink,
    Position,
    Prdm,
    Pto,
    Splice,
)
from chappe.apps.network.models.located import ADDRESS
from chappe.apps.network.photos import MAX_BYTES, PICTURES
from chappe.apps.parties.models import Operator
from chappe.core.network.geo import EPSG
from chappe.kit.access.door import visible_to
from chappe.kit.screens.forms import InParts, capitals

POINT = ("projection", "x", "y")


class ReferenceField(forms.ModelChoiceField):
    """One row, by its reference (or by its key, for programs)."""

    widget = forms.TextInput
    default_error_messages = {"invalid_choice": _("“%(value)s” is not known: type its whole reference.")}

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal() and len(value) < 19):
            row = self.queryset.filter(pk=value).first()
            return self.said(row) if row is not None else value
        return self.said(value) if hasattr(value, "_meta") else value

    def said(self, row: Any) -> str:
        """How a row is typed."""
        return f"{row.cable.reference}/{row.number}" if isinstance(row, Fibre) else str(row.reference)

    def to_python(self, value: Any) -> Any:
        text = str(getattr(value, "pk", value) or "").strip()
        if not text:
            return None
        found = self._found(text)
        if found is None and text.isdecimal() and len(text) < 19:
            found = self.queryset.filter(pk=text).first()
        if found is None:
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": text[:50]})
        return found

    def _found(self, text: str) -> Any:
        if self.queryset.model is Fibre:
            cable, _slash, number = text.rpartition("/")
            rows = self.queryset.filter(
                cable__reference=cable.strip(), number=number if number.isdecimal() and len(number) < 9 else 0
            )
            return rows.select_related("cable").first()
        rows = list(self.queryset.filter(reference=text)[:2])
        return rows[0] if len(rows) == 1 else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "")


TYPED = {Pm: _("Its reference."), Pbo: _("Its reference."), Building: _("Its identifier."), Prdm: _("Its reference."),
         Pto: _("Its reference."), Cable: _("Its reference."), Fibre: _("Cable and number, such as CDI-12/37.")}  # fmt: skip


class InventoryForm(InParts, forms.ModelForm):
    """A form of one table of the network."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in list(self.fields.items()):
            if isinstance(field, forms.ModelChoiceField) and field.queryset.model in TYPED:
                self.fields[name] = ReferenceField(
                    queryset=field.queryset, required=field.required, label=field.label,
                    help_text=field.help_text or TYPED[field.queryset.model],
                )  # fmt: skip
            elif isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        capitals(self.fields.values())


class PrdmForm(InventoryForm):
    class Meta:
        model = Prdm
        fields = ("reference", "kind", "state", "min_dwellings", *ADDRESS, *POINT)


class PmForm(InventoryForm):
    groups = (
        (
            pgettext_lazy("a PM or a building", "What it is"),
            ("reference", "kind", "parent", "state", "grouping", "engineering", "consultation"),
        ),
        (_("Address and point"), ("location_type", "comment", *ADDRESS, "address_quality", *POINT)),
        (_("Getting in"), ("access_note", "agreement_needed")),
        (_("How large it is"), ("capacity", "dwellings", "risers", "active_space", "patching_by_oi")),
        (_("Its dates"), ("installed_on", "opened_on", "first_handover_on")),
    )

    class Meta:
        model = Pm
        fields = (
            "reference", "kind", "parent", "state", "installed_on", "location_type", "comment", "access_note", "agreement_needed",
            "capacity", "engineering", "dwellings", "risers", "opened_on", "consultation", "grouping", "active_space",
            "address_quality", "first_handover_on", "patching_by_oi", *ADDRESS, *POINT,
        )  # fmt: skip
        widgets = {"access_note": forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})}
        help_texts = {
            "access_note": _("Door code, key, who to call. Kept encrypted; whoever displays it is written down.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["access_note"] = ""  # never shown here: left empty, the present one stays


class LinkForm(InventoryForm):
    class Meta:
        model = PmLink
        fields = ("pm", "prdm", "reference", "state", "installed_on", "length", "fibres_free")


class PboForm(InventoryForm):
    class Meta:
        model = Pbo
        fields = (
            "reference",
            "kind",
            "pm",
            "placing",
            "drop_type",
            "capacity",
            "floor",
            "installed_on",
            *ADDRESS,
            *POINT,
        )


class BuildingForm(InventoryForm):
    groups = (
        (
            pgettext_lazy("a PM or a building", "What it is"),
            ("oi_code", "reference", "kind", "state", "dwellings", "zone", "is_new", "new_delivery_on"),
        ),
        (
            _("Where it hangs"),
            ("pm", "pbo", "pbo_type", "drop_type", "line_length", "dedicated_fibre_free", "on_demand"),
        ),
        (_("Address and point"), (*ADDRESS, *POINT)),
        (_("Its dates"), ("cabled_on", "opened_on", "orders_from")),
        (_("Its manager"), ("manager", "manager_siret", "agreement_needed", "agreement_on")),
        (_("Its keys elsewhere"), ("ban", "rnb", "rnb_on")),
    )

    class Meta:
        model = Building
        fields = (
            "oi_code", "reference", "kind", "state", "dwellings", "pm", "pbo", *ADDRESS, *POINT, "zone", "cabled_on", "opened_on",
            "orders_from", "on_demand", "agreement_needed", "agreement_on", "manager", "manager_siret", "is_new", "new_delivery_on",
            "line_length", "pbo_type", "drop_type", "dedicated_fibre_free", "ban", "rnb", "rnb_on",
        )  # fmt: skip


class PtoForm(InventoryForm):
    class Meta:
        model = Pto
        fields = ("reference", "building", "pbo", "stairs", "floor", "place", "state", "built_on")


class CableForm(InventoryForm):
    class Meta:
        model = Cable
        fields = ("reference", "kind", "pm", "capacity", "per_tube", "scheme", "start", "end", "length")


class ModuleForm(InventoryForm):
    class Meta:
        model = Module
        fields = ("pm", "name", "rank", "capacity", "columns")


class PositionForm(InventoryForm):
    class Meta:
        model = Position
        fields = ("fibre", "operator", "note")


class SpliceForm(InventoryForm):
    class Meta:
        model = Splice
        fields = ("a", "b", "box", "pto", "connector", "cassette", "place")


class PhotoForm(forms.Form):
    """A picture of the PM."""

    file = forms.FileField(
        label=_("Photo"), help_text=_("JPEG, PNG or WebP, 12 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(sorted(PICTURES))}),
    )  # fmt: skip

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > MAX_BYTES:
            raise ValidationError(_("This picture is larger than 12 MB."))
        return given


class CourseForm(forms.Form):
    """Where a cable runs."""

    course = forms.CharField(
        label=_("Line"), required=False, max_length=400_000, strip=True,
        widget=forms.Textarea(attrs={"rows": 6, "class": "ch-ref", "spellcheck": "false"}),
        help_text=_("WKT (LINESTRING, MULTILINESTRING) or GeoJSON, as map tools copy it. Empty: no course is known. It can be drawn on the map too."),
    )  # fmt: skip
    projection = forms.ChoiceField(
        label=_("Projection"), required=False,
        choices=[("", _("Degrees, or Lambert-93")), *((name, name) for name in EPSG if name not in {"WGS84", "RGF93"})],
        help_text=_("Of a WKT line. GeoJSON is always in degrees."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                data["course"] = courses.read(data["course"], data.get("projection", ""))
            except ValidationError as error:
                self.add_error("course", error)
        return data


class PatchForm(forms.Form):
    """To whom positions are given."""

    operator = forms.ModelChoiceField(label=_("Operator"), queryset=Operator.objects.none())
    note = forms.CharField(label=_("Note"), required=False, max_length=120)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["operator"].queryset = visible_to(user, Operator).filter(active=True)


class StateForm(forms.Form):
    """One state for many buildings."""

    state = forms.ChoiceField(label=_("State"), choices=Building.State.choices)


class AttachForm(forms.Form):
    """Where many buildings hang."""

    pm = ReferenceField(label="PM", queryset=Pm.objects.none(), required=False, help_text=_("Its whole reference."))
    pbo = ReferenceField(
        label=_("PBO"),
        queryset=Pbo.objects.none(),
        required=False,
        help_text=_("Its whole reference; it brings its PM with it."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pm"].queryset = visible_to(user, Pm)
        self.fields["pbo"].queryset = visible_to(user, Pbo).select_related("pm")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("pm") and not data.get("pbo"):
            raise ValidationError(_("Give a PM, a PBO, or both."))
        return data
