"""What a person is asked: a source, a profile, a file and what it is, lines to test or to mend, a mapping of columns."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.collect import profiles, words
from chappe.apps.collect.models import Source, TicketProfile
from chappe.core.base.lang import translate
from chappe.core.tickets.clock import zones
from chappe.kit.access.door import is_house, visible_to
from chappe.kit.ops.config import value
from chappe.kit.screens.forms import InParts, capitals

ZONES = (
    "Europe/Paris", "UTC", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "Indian/Mayotte",
    "Pacific/Noumea", "Pacific/Tahiti", "America/Miquelon",
)  # fmt: skip
OPTION = "opt_"
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


@cache
def _elsewhere() -> list[tuple[str, str]]:
    """Reading the list of zones takes the better part of a second: once a process."""
    return [(zone, zone) for zone in sorted(zones()) if zone not in ZONES and "/" in zone]


def zone_choices(empty: Any = None) -> list[tuple[Any, Any]]:
    """Time zones, those of France first."""
    groups = [(_g("France and universal time"), [(zone, zone) for zone in ZONES]), (_g("Elsewhere"), _elsewhere())]
    return [*([("", empty)] if empty is not None else []), *groups]


_SOCKET, _SERVER, _FETCHED = "listen connect http", "connect http sftp ftps", "folder sftp ftps"
#: Fields of a source that only some ways need; a script hides the others, and without it all are shown.
NEEDED_BY = {
    "host": f"{_SOCKET} sftp ftps", "port": f"{_SOCKET} sftp ftps", "login": _SERVER, "password": _SERVER, "private_key": "sftp",
    "server_key": "sftp ftps", "allowed_peers": "listen http", "folder": _FETCHED, "pattern": _FETCHED, "files_grow": _FETCHED,
}  # fmt: skip
GROUPS = (
    (_("What it is"), ("name", "profile", "slug", "owner")),
    (_("How its tickets come"), ("way", *NEEDED_BY)),
    (_("How they are read"), ("timezone", "outside_prefix", "area", "own_ranges", "pays")),
    (_("Whose calls they are, at what price"), ("customer", "sell_plan", "buy_plan")),
    (_("Opening hours and alarms"), ("opens_at", "closes_at", "open_days", "silence_minutes", "alarm_emails")),
    (_("The rest"), ("active", "notes")),
)


class DaysField(forms.MultipleChoiceField):
    """Days of the week as boxes; kept as digits, ``12345`` for Monday to Friday, which may be typed too."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=list(zip("1234567", WEEKDAYS, strict=True)), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return list(value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> list[str]:
        return [digit for word in super().to_python([value] if isinstance(value, str) else value) for digit in word]

    def clean(self, value: Any) -> str:
        return "".join(sorted(set(super().clean(value))))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(list(initial or ""), data)


class SourceForm(InParts, forms.ModelForm):
    """A source, from what it is to when it should speak."""

    groups = GROUPS

    class Media:
        js = ("collect/source.js",)

    profile = forms.ChoiceField(
        label=_("Profile"), help_text=_("How its tickets are read. Test it on a few lines first if you are not sure.")
    )
    timezone = forms.ChoiceField(label=_("Clock of the PBX"), required=False)
    open_days = DaysField(label=_("Open days"), initial="12345", help_text=_("Holidays of France are left out."))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )

    class Meta:
        model = Source
        fields = (
            "name", "slug", "owner", "way", "profile", "host", "port", "login", "password", "private_key", "allowed_peers", "folder", "pattern",
            "files_grow", "server_key", "timezone", "outside_prefix", "area", "own_ranges", "pays", "customer", "sell_plan",
            "buy_plan", "opens_at", "closes_at", "open_days", "silence_minutes", "alarm_emails", "active", "notes",
        )  # fmt: skip
        widgets = {
            "opens_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "closes_at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "own_ranges": forms.Textarea(attrs={"rows": 3}),
            "private_key": forms.Textarea(attrs={"rows": 2, "class": "ch-ref", "autocomplete": "off"}),
            "server_key": forms.Textarea(attrs={"rows": 2, "class": "ch-ref"}),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = [("", "–"), *profiles.choices(user)]
        self.fields["profile"].widget.attrs["data-transports"] = json.dumps(profiles.transports(user))
        self.fields["way"].widget.attrs["data-unusual"] = _g("Tickets of this format usually come another way.")
        self.fields["timezone"].choices = zone_choices(_g("That of the profile"))
        if user is not None and not is_house(user):
            del self.fields["owner"]
        self.initial["private_key"] = self.initial["password"] = ""
        slug = self.fields["slug"]
        slug.required = False
        if self.instance.pk:
            slug.disabled = True
        else:
            slug.help_text = _g(
                "Made from the name when empty. Names its folder of raw lines; never changed afterwards."
            )
        for name, field in self.fields.items():
            if name in NEEDED_BY:
                field.widget.attrs["data-ways"] = NEEDED_BY[name]
        capitals(self.fields.values())

    def clean_private_key(self) -> str:
        """Empty keeps the present one; it is never shown in the form."""
        return self.cleaned_data["private_key"] or (self.instance.private_key if self.instance.pk else "")

    def clean_password(self) -> str:
        """Empty keeps the present one."""
        return self.cleaned_data["password"] or (self.instance.password if self.instance.pk else "")


def option_field(option: Any, present: Any) -> forms.Field:
    """The field of one setting of a decoder: its kind decides, no code of the decoder is needed."""
    label = translate(option.label, (get_language() or "fr")[:2])
    usual = option.default if present is None else present
    match option.kind:
        case "bool":
            return forms.BooleanField(label=label, required=False, initial=bool(usual))
        case "int":
            return forms.IntegerField(label=label, required=False, initial=usual)
        case "choice":
            return forms.ChoiceField(
                label=label,
                required=False,
                initial=usual,
                choices=[(word, words.choice_label(word)) for word in option.choices],
            )
        case "list" | "ranges" | "widths":
            return forms.CharField(
                label=label, required=False, initial=", ".join(usual or ()), help_text=_g("Words separated by commas.")
            )
        case "table" | "places":
            text = "\n".join(f"{name} = {_cell(value)}" for name, value in dict(usual or {}).items())
            return forms.CharField(
                label=label, required=False, initial=text, widget=forms.Textarea(attrs={"rows": 6, "class": "ch-ref"}),
                help_text=_g("One setting a line: name = value."),
            )  # fmt: skip
    return forms.CharField(label=label, required=False, initial=usual, strip=False)


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def option_value(option: Any, typed: Any, present: Any) -> Any:
    """What was typed as the decoder takes it. Raises ValidationError for a line that is no setting."""
    match option.kind:
        case "list" | "ranges" | "widths":
            return [word.strip() for word in str(typed).split(",") if word.strip()]
        case "places":
            return {name: _numbers(value) for name, value in _table(str(typed), {}).items()}
        case "table":
            return _table(str(typed), present if isinstance(present, Mapping) else {})
        case "int":
            return option.default if typed in (None, "") else int(typed)
        case "choice":
            return typed or option.default
    return typed


def _numbers(value: Any) -> list[Any]:
    """``0, 8`` → [0, 8]: a place in the line and a width; what is no number is left for the check to name."""
    words = [word.strip() for word in str(value).split(",")]
    return [int(word) if word.isdigit() else word for word in words]


def is_usual(option: Any, value: Any) -> bool:
    """Whether a setting is what the decoder does anyway."""
    if isinstance(value, list | tuple):
        return list(value) == list(option.default or ())
    return value == option.default


def _table(text: str, present: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, sign, word = (piece.strip() for piece in line.partition("="))
        if not sign or not name:
            raise ValidationError(_("“%(line)s” is no setting: write name = value."), params={"line": line.strip()})
        made[name] = _typed(word, present.get(name))
    return made


def _typed(word: str, like: Any) -> Any:
    """A value as whole number, yes or no, or text, as the present one is; a new one is a number when it looks like one."""
    if isinstance(like, list | tuple):
        return [piece.strip() for piece in word.split(",") if piece.strip()]
    if isinstance(like, bool) or (like is None and word in {"true", "false"}):
        return word.lower() in {"true", "yes", "oui", "1"}
    if (
        (like is None or isinstance(like, int)) and re.fullmatch(r"-?\d{1,15}", word) and not word.startswith("0")
    ) or word == "0":
        return int(word)
    return word


class ProfileForm(forms.ModelForm):
    """A profile corrected without code: its clock, its columns, each setting of its decoder, and lines to try it on."""

    timezone = forms.ChoiceField(label=_("Clock of the tickets"))
    columns = forms.CharField(
        label=_("Columns"), required=False, widget=forms.Textarea(attrs={"rows": 8, "class": "ch-ref"}),
        help_text=_("In the order of the tickets, one a line. An empty line leaves a column aside."),
    )  # fmt: skip

    class Meta:
        model = TicketProfile
        fields = ("label", "owner", "timezone", "encoding", "columns", "setup", "sample", "notes")
        widgets = {
            "sample": forms.Textarea(attrs={"rows": 6, "class": "ch-ref", "spellcheck": "false"}),
            "setup": forms.Textarea(attrs={"rows": 3}),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        from chappe.core.tickets.registry import DECODERS

        self.info = DECODERS.get(self.instance.decoder)
        self.fields["timezone"].choices = zone_choices()
        if user is not None and not is_house(user):
            self.fields.pop("owner", None)
        if self.info is None or not self.info.takes_columns:
            del self.fields["columns"]
        else:
            self.initial["columns"] = "\n".join(self.instance.columns or ())
            if self.info.columns:
                known = _g("Known: %(known)s.") % {"known": ", ".join(self.info.columns)}
                self.fields["columns"].help_text = f"{self.fields['columns'].help_text} {known}"
        present = dict(self.instance.options or {})
        for option in self.info.options if self.info else ():
            self.fields[OPTION + option.name] = option_field(option, present.get(option.name))
        capitals(self.fields.values())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "columns" in data:
            data["columns"] = [line.strip() for line in str(data["columns"]).rstrip().splitlines()]
        present = dict(self.instance.options or {})
        options: dict[str, Any] = {}
        for option in self.info.options if self.info else ():
            name = OPTION + option.name
            typed = data.pop(name, None)
            if name in self.errors:
                continue
            try:
                made = option_value(option, typed, present.get(option.name, option.default))
            except ValidationError as error:
                self.add_error(name, error)
                continue
            if not is_usual(option, made) or option.name in present:
                options[option.name] = made
        if self.info is not None:
            data["options"] = options
        return data


class UploadForm(forms.Form):
    """A file of tickets and the source it came from."""

    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.none())
    file = forms.FileField(label=_("File of tickets"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = visible_to(user, Source)
        self.fields["file"].help_text = _g(
            "Up to %(limit)s MB. It is kept whole; what it is is found out and shown before anything is counted."
        ) % {"limit": value("MAX_UPLOAD_MB")}


class ConfirmForm(forms.Form):
    """How a file is to be read."""

    profile = forms.ChoiceField(label=_("Read it as"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = profiles.choices(user)


class TestForm(forms.Form):
    """Lines pasted or a file, and a profile or “find out”."""

    profile = forms.ChoiceField(label=_("Profile"), required=False)
    lines = forms.CharField(
        label=_("Lines"), required=False, strip=False, max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 9, "class": "ch-ref", "spellcheck": "false", "wrap": "off"}),
        help_text=_("Paste a few tickets as the PBX wrote them."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("Its first lines are read; it is not kept.")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = [("", _g("Find out by itself")), *profiles.choices(user)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not (data.get("lines") or "").strip():
            raise ValidationError(_("Paste at least one line, or choose a file."))
        return data

    def sample(self) -> bytes:
        """The bytes to look at."""
        given = self.cleaned_data.get("file")
        return given.read(262_144) if given else str(self.cleaned_data["lines"]).encode()


class MendForm(forms.Form):
    """Lines mended by hand, for a source."""

    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.none())
    lines = forms.CharField(
        label=_("Mended lines"), required=False, strip=False, max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 14, "class": "ch-ref", "spellcheck": "false", "wrap": "off"}),
        help_text=_("One ticket a line, in the layout that it came in. Those left as they are will be refused again."),
    )  # fmt: skip
    file = forms.FileField(label=_("Or the mended file"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = visible_to(user, Source)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not (data.get("lines") or "").strip():
            raise ValidationError(_("There is no line to read."))
        return data

    def content(self) -> bytes:
        """The lines as bytes."""
        given = self.cleaned_data.get("file")
        return given.read() if given else str(self.cleaned_data["lines"]).encode()


class RawForm(forms.Form):
    """Where to look among raw lines, and for what."""

    source = forms.ModelChoiceField(label=_("Source"), queryset=Source.objects.none(), required=False)
    q = forms.CharField(
        label=_("Text"), required=False, max_length=100, help_text=_("Digits, a name, any piece of the line.")
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = visible_to(user, Source)
