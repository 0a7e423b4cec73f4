"""Forms and acts of the usage screens: thin, the verbs are in ``services`` and ``simulations``."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.apps.parties.models import Operator
from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.tariffs.queries import usable_versions
from chappe.apps.usage import queries, rejects, services, simulations, streams
from chappe.apps.usage.models import Simulation, UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import is_house, visible_to
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Done


class VersionChoice(forms.ModelChoiceField):
    """A tariff version that the reader may see; the list is filled when the form is made."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=TariffVersion.objects.none(), **kwargs)


class UploadForm(forms.Form):
    """A file of calls, what prices it, whose it is (asked of the house only)."""

    file = forms.FileField(
        label=_("File of calls"), help_text=_("CSV or Parquet, with a header line. Up to millions of calls.")
    )
    version = VersionChoice(label=_("Tariff"), help_text=_("The version that prices every call of the file."))
    owner = forms.ModelChoiceField(
        label=_("Operator"), queryset=Operator.objects.none(), required=False, empty_label=_("The house"),
        help_text=_("Whose calls these are: this operator’s users will see them."),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = usable_versions(user)
        if is_house(user):
            self.fields["owner"].queryset = visible_to(user, Operator)
        else:
            del self.fields["owner"]
        self.user = user

    @property
    def whose(self) -> Any:
        """The chosen operator; a partner's file is always its own."""
        return self.cleaned_data.get("owner") if is_house(self.user) else self.user.organisation


class RateAgainForm(forms.Form):
    """Which version prices the calls this time."""

    version = VersionChoice(label=_("Tariff"))

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = usable_versions(user)


class SimulationForm(forms.ModelForm):
    """Two versions and a month that has calls."""

    month = forms.ChoiceField(label=_("Month"))

    class Meta:
        model = Simulation
        fields = ("name", "month", "first", "second")

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = usable_versions(user)
        self.fields["first"].queryset = self.fields["second"].queryset = versions
        self.fields["month"].choices = [(month, month) for month in queries.months_of(user)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("first") and data.get("first") == data.get("second"):
            raise ValidationError(_("Choose two different versions: the same one twice differs by nothing."))
        return data


def rate_stream_again(*, actor: Actor, objects: list[UsageBatch]) -> Done:
    """Queue a new rating of the calls of a source."""
    batch = streams.rate_again(actor=actor, batch=objects[0])
    return Done(
        _g("The calls are being rated again. The prices of today stand until it has ended."), registry.object_url(batch)
    )


def is_stream(batch: UsageBatch, _user: Any) -> bool:
    """Whether calls come to it little by little."""
    return batch.is_stream


def is_file(batch: UsageBatch, _user: Any) -> bool:
    """Whether calls came in one file."""
    return not batch.is_stream


def rate_again(*, actor: Actor, objects: list[UsageBatch], version: TariffVersion) -> Done:
    """Queue a new rating of one file."""
    batch = services.rate_again(actor=actor, batch=objects[0], version=version)
    return Done(
        _g("The calls are being rated again. The prices of today stand until it has ended."), registry.object_url(batch)
    )


def why_not_again(batch: UsageBatch, _user: Any) -> Any:
    """Why a file cannot be rated again now."""
    if batch.is_stream and batch.is_erased:
        return _("The numbers of these calls were erased: no price can be made again.")
    match batch.state:
        case UsageBatch.State.READY:
            return _("This file is already being rated again.") if hasattr(batch, "replaced_by") else None
        case UsageBatch.State.REPLACED:
            return _("A later rating has taken the place of this one.")
        case UsageBatch.State.FAILED:
            return _("This rating failed: try its job again first.")
    return _("This file is still being rated.")


def export_rejects(*, actor: Actor, objects: list[UsageBatch]) -> Done:
    """The refused lines as they came, with what to mend, ready to be sent again."""
    stored = rejects.export(actor=actor, batch=objects[0])
    return Done(
        _g("Mend these lines and send the file again: nothing else of it is counted twice."),
        stored.download_url(),
        download=stored,
    )


def why_no_rejects(batch: UsageBatch, _user: Any) -> Any:
    """Why there is nothing to export."""
    return None if batch.rejected else _("No line of this file was refused.")


def create_simulation(*, actor: Actor, data: dict[str, Any]) -> Simulation:
    """See :func:`simulations.create`."""
    return simulations.create(actor=actor, **data)


def delete_simulation(*, actor: Actor, object: Simulation) -> None:
    """See :func:`simulations.delete`."""
    simulations.delete(actor=actor, simulation=object)
