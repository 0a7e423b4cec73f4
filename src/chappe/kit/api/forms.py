"""The forms of keys: one to make a key, one to edit it. They tidy what was typed; services.py decides."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import LEVEL_LABELS, Level, areas
from chappe.kit.access.door import may, visible_to
from chappe.kit.access.models import User
from chappe.kit.api.models import ApiKey
from chappe.kit.api.services import FIELDS

SCOPE = "scope_"


def _moment(**kwargs: Any) -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local", "step": 60}, format="%Y-%m-%dT%H:%M", **kwargs)


class KeyForm(forms.ModelForm):
    """Name, expiry, addresses, limit: what may be changed later."""

    class Meta:
        model = ApiKey
        fields = ["name", "expires_at", "networks", "rate_per_minute", "read_only"]
        widgets = {"expires_at": _moment()}
        labels = {
            "name": _("Name"), "expires_at": _("Expires"), "networks": _("Allowed addresses"),
            "rate_per_minute": _("Requests a minute"), "read_only": _("Read only"),
        }  # fmt: skip


class NewKeyForm(KeyForm):
    """A new key: also the account it acts as, and its scopes, one choice of level an area."""

    user = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, label=_("Account"), empty_label=None,
        help_text=_("The key acts as this account, with its rights at that moment, never more."),
    )  # fmt: skip
    everything = forms.TypedChoiceField(
        label=_("Rights"), coerce=lambda text: text == "all", initial="all", widget=forms.RadioSelect,
        choices=[("all", _("All the rights of the account")), ("some", _("Only the rights chosen below"))],
    )  # fmt: skip
    field_order = ("name", "expires_at", "user", "read_only", "networks", "rate_per_minute", "everything")

    def __init__(self, *args: Any, maker: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = visible_to(maker, User).filter(is_active=True) if may(maker, "utilisateurs") else User.objects.none()
        self.fields["user"].queryset = (accounts | User.objects.filter(pk=maker.pk)).distinct()
        self.fields["user"].initial = maker.pk
        for area in areas().values():
            held = [level for level in Level if may(maker, area.slug, level)]
            if held:
                choices = [("", "–"), *((int(level), LEVEL_LABELS[level]) for level in held)]
                self.fields[SCOPE + area.slug] = forms.TypedChoiceField(
                    choices=choices,
                    widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
                    coerce=int,
                    empty_value=0,
                    required=False,
                    label=area.label,
                    help_text=area.help,
                )

    def usual(self) -> Iterator[Any]:
        """The fields above the matrix."""
        return (self[name] for name in self.fields if not name.startswith(SCOPE))

    def matrix(self) -> Iterator[Any]:
        """One line an area."""
        return (self[name] for name in self.fields if name.startswith(SCOPE))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = {name.removeprefix(SCOPE): level for name, level in data.items() if name.startswith(SCOPE) and level}
        if data.get("everything") is False and not chosen:
            self.add_error("everything", _("Choose at least one right, or give all of them."))
        data["scopes"] = {} if data.get("everything") else chosen
        return data

    def values(self) -> dict[str, Any]:
        """What the verb takes."""
        return {name: self.cleaned_data[name] for name in (*FIELDS, "scopes", "user") if name in self.cleaned_data}

    def _post_clean(self) -> None:
        """The row is made and checked by the verb."""
