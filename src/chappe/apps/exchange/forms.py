"""What a person is asked: the file, its kind, whose it is; later, what it is and how to take it in."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.exchange import formats
from chappe.apps.parties.models import Operator
from chappe.kit.access.door import is_house, visible_to
from chappe.kit.ops.config import value

OPTIONS_PREFIX = "o"


class UploadForm(forms.Form):
    """The file; what it is, or "find out"; whose it is (asked of the house only)."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    owner = forms.ModelChoiceField(
        label=_("Operator"), queryset=Operator.objects.none(), required=False, empty_label=_("The house"),
        help_text=_("Whose file this is: this operator’s users will see it."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, mends: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _g("Up to %(limit)s MB. It is kept whole, as it is.") % {
            "limit": value("MAX_UPLOAD_MB")
        }
        kinds = [(form.slug, form.label) for form in formats.formats_for(user)]
        self.fields["kind"].choices = [("", _g("Find out by itself")), *kinds]
        self.fields["owner"].queryset = visible_to(user, Operator)
        if mends is not None:
            del self.fields["kind"]
        if mends is not None or not is_house(user):
            del self.fields["owner"]


class KindForm(forms.Form):
    """What the file is."""

    kind = forms.ChoiceField(label=_("Kind"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(form.slug, form.label) for form in formats.formats_for(user)]
        self.fields["kind"].choices = [("", "–"), *kinds]


def options_form(kind: str, user: Any, data: Any = None, initial: Any = None) -> forms.Form | None:
    """The questions of a kind of file; None when it has none."""
    form = formats.get(kind)
    if form is None or form.options is None:
        return None
    return form.options(data, user=user, prefix=OPTIONS_PREFIX, initial=initial)
