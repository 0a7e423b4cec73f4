"""What the acts on customers and lines ask. They check what a person typed; the rules are in the verbs."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.apps.customers.models import CostCentre, Customer, Line
from chappe.kit.access.door import visible_to
from chappe.kit.screens.forms import capitals

IMAGES = {"image/png", "image/jpeg", "image/svg+xml"}
MAX_LOGO_BYTES = 1_000_000


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        initial=timezone.localdate,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class MoveForm(forms.Form):
    """To whom a line goes, and from which day."""

    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.none())
    cost_centre = forms.ModelChoiceField(label=_("Cost centre"), queryset=CostCentre.objects.none(), required=False)
    day = _day(_("From"), _("Who holds it today keeps it until the day before."))

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = visible_to(user, Customer).filter(active=True)
        self.fields["cost_centre"].queryset = (
            visible_to(user, CostCentre).select_related("customer").filter(active=True)
        )
        self.fields["cost_centre"].label_from_instance = lambda centre: f"{centre.customer.name} · {centre}"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        centre, customer = data.get("cost_centre"), data.get("customer")
        if centre is not None and customer is not None and centre.customer_id != customer.pk:
            self.add_error("cost_centre", _("This cost centre is another customer’s."))
        return data


class LastDayForm(forms.Form):
    """The last day of something."""

    day = _day(_("Last day"), _("Included."))


class WithdrawForm(forms.Form):
    """From which day digits are hidden again."""

    day = _day(_("Hidden again from"))


class ProofForm(forms.Form):
    """A document kept as proof."""

    file = forms.FileField(label=_("Document"), help_text=_("PDF or picture of what was received."))


class LogoForm(forms.Form):
    """The picture that stands at the top of the documents."""

    file = forms.FileField(label=_("Logo"), help_text=_("PNG, JPEG or SVG, 1 MB at most."))

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.content_type not in IMAGES:
            raise ValidationError(_("A logo is a PNG, JPEG or SVG picture."))
        if given.size > MAX_LOGO_BYTES:
            raise ValidationError(_("This picture is larger than 1 MB."))
        return given


class LineForm(forms.ModelForm):
    """A line; when it is new, also who holds it from when."""

    holder = forms.ModelChoiceField(
        label=_("Customer"),
        queryset=Customer.objects.none(),
        required=False,
        help_text=_("Who holds it; may be said later."),
    )
    holder_since = forms.DateField(
        label=_("From"),
        required=False,
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = Line
        fields = ["owner", "number", "kind", "source", "user_name", "alias", "hide_detail", "active", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        capitals(self.fields.values())
        if self.instance.pk is not None:
            del self.fields["holder"], self.fields["holder_since"], self.fields["owner"]
        else:
            self.fields["holder"].queryset = visible_to(user, Customer).filter(active=True)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        holder = data.get("holder")
        if holder is not None and not data.get("owner"):
            data["owner"] = holder.owner
        return data
