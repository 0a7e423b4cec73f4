"""Forms of sign-in, profile, accounts and roles. They tidy what was typed; services.py decides."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import LEVEL_LABELS, areas
from chappe.kit.access.authority import grantable_roles
from chappe.kit.access.models import Role, User
from chappe.kit.access.passwords import check_password_rules, rules


class SignInForm(forms.Form):
    login = forms.CharField(
        label=_("User name or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"}),
        help_text=_("Six digits shown by your phone, or a recovery code."),
    )


class NewPasswordForm(forms.Form):
    """A password chosen twice. ``user``: whose it is, for the rule of similarity."""

    new = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password, again"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["new"].help_text = " ".join(rules())

    def clean_new(self) -> str:
        check_password_rules(self.cleaned_data["new"], self.user)
        return self.cleaned_data["new"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "new" in data and data.get("again") != data["new"]:
            raise ValidationError({"again": _("The two passwords differ.")})
        return data


class ChangePasswordForm(NewPasswordForm):
    old = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ("old", "new", "again")


class GivenPasswordForm(forms.Form):
    """An administrator gives a password; its owner must change it at the next sign-in."""

    password = forms.CharField(
        label=_("Password to give"),
        strip=False,
        max_length=1000,
        help_text=_("It will have to be changed at the next sign-in."),
    )


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("first_name", "last_name", "language")


class PasswordProofForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class UserForm(forms.ModelForm):
    """An account as an administrator sees it. ``user``: the reader, who is offered only what they may give."""

    password = forms.CharField(
        label=_("First password"),
        required=False,
        strip=False,
        max_length=1000,
        help_text=_("Leave empty and give a sign-in link instead."),
    )

    class Meta:
        model = User
        fields = (
            "username", "email", "first_name", "last_name", "language", "organisation", "roles", "is_active",
            "is_superuser", "must_change_password",
        )  # fmt: skip
        widgets = {"roles": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["password"]
        if user is None:
            return
        if user.organisation_id is not None:
            del self.fields["organisation"]
        if not user.is_superuser:
            del self.fields["is_superuser"]
            allowed = {role.pk for role in grantable_roles(user)}
            if self.instance.pk:
                allowed |= set(self.instance.roles.values_list("pk", flat=True))
            self.fields["roles"].queryset = Role.objects.filter(pk__in=allowed)


class RoleForm(forms.ModelForm):
    """A role with its row of the matrix: one choice of level for each area. Cleaned data has them in ``rights``."""

    class Meta:
        model = Role
        fields = ("name", "description", "requires_totp")
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = dict(self.instance.rights.values_list("area", "level")) if self.instance.pk else {}
        choices = [(0, _("none")), *((int(level), label) for level, label in LEVEL_LABELS.items())]
        for area in areas().values():
            self.fields[f"area_{area.slug}"] = forms.TypedChoiceField(
                label=area.label,
                help_text=area.help,
                choices=choices,
                coerce=int,
                empty_value=0,
                required=False,
                initial=held.get(area.slug, 0),
                widget=forms.RadioSelect,
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["rights"] = {area: data.pop(f"area_{area}", 0) or 0 for area in areas()}
        return data
