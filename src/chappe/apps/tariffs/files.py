"""The format “tariff”: an archive of tables, a workbook or a price list becomes the next version of a plan.

One change a file. What is read, checked and kept is services.py's; here it is only bound to the exchange of files.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as N_  # noqa: N812 - the field's usual name

from chappe.apps.exchange.formats import Applied, Change, Context, Format, Reading, register_format
from chappe.apps.tariffs import services
from chappe.apps.tariffs.access import AREA
from chappe.apps.tariffs.models import TariffPlan, TariffVersion
from chappe.core.base.issue import declare
from chappe.core.tariff.door import detect
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to

ZIP, WORKBOOK = 70, 65
declare({"tariffs.plan-taken": N_("The code “{value}” is taken by a plan that you may not read: choose another one.")})
USUAL_ZONES = ("Europe/Paris", "Indian/Reunion", "Indian/Mayotte", "America/Martinique", "America/Guadeloupe",
               "America/Cayenne", "Pacific/Noumea", "Pacific/Tahiti", "UTC")  # fmt: skip


class TariffOptions(forms.Form):
    """Which plan the content is a version of, and the time zone of its hours."""

    plan = forms.ModelChoiceField(
        label=_("Tariff plan"), queryset=TariffPlan.objects.none(), required=False, empty_label=_("A new plan"), to_field_name="code",
        help_text=_("The content becomes its next version; nothing is priced with it before it is activated."),
    )  # fmt: skip
    code = forms.CharField(
        label=_("Code of the new plan"),
        max_length=60,
        required=False,
        help_text=_("Such as DETAIL_2026. Only for a new plan."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Of the hours and days in the tariff; most formats say it themselves."),
    )

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = TariffPlan.objects.all() if user is None else visible_to(user, TariffPlan)
        known = available_timezones()
        zones = [(zone, zone) for zone in USUAL_ZONES if zone in known]
        self.fields["timezone"].choices = [("", _g("As the format says")), *zones]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        plan, code = data.get("plan"), (data.get("code") or "").strip()
        if plan is None and not code and "plan" not in self.errors:
            self.add_error("code", _("Choose a plan, or give the code of a new one."))
        if plan is None and code and TariffPlan.objects.filter(code=code).exists():
            self.add_error(
                "code", _("A plan of this code exists already: choose it in the list, or take another code.")
            )
        return data

    def as_options(self) -> dict[str, str]:
        """What is kept with the file."""
        plan = self.cleaned_data.get("plan")
        return {
            "plan": plan.code if plan else self.cleaned_data["code"].strip(),
            "timezone": self.cleaned_data.get("timezone") or "",
        }


def _sniff(name: str, head: bytes) -> int:
    lower = name.lower()
    if head.startswith(b"PK\x03\x04"):
        if lower.endswith(".xlsx"):
            return WORKBOOK
        return ZIP if lower.endswith(".zip") or b".csv" in head else 0
    return 85 if head.strip() and detect({name: head}) else 0


def _plan_of(file: Any, user: Any) -> TariffPlan | None:
    plans = TariffPlan.objects.all() if user is None else visible_to(user, TariffPlan)
    return plans.filter(code=file.options.get("plan", "")).first()


def _last(plan: TariffPlan | None) -> TariffVersion | None:
    if plan is None:
        return None
    return plan.versions.exclude(state=TariffVersion.State.WITHDRAWN).order_by("-number").first()


def read(context: Context) -> Reading:
    """Every fault of the files and of the plan they make, against the version before."""
    stored, options = context.file.stored, context.options
    result = services.read_content(stored, zone=options.get("timezone") or None)
    previous = _last(_plan_of(context.file, context.actor.user))
    for issue in services.faults_of(result, previous):
        context.issue(issue, excerpt=str(issue.params.get("value", "")))
    facts: dict[str, Any] = {
        "tariff_format": result.format,
        "tables": [[f.name, f.table, f.rows] for f in result.files],
    }
    return Reading(
        rows=result.tariff, usable=result.tariff is not None, lines=sum(f.rows for f in result.files), facts=facts
    )


def plan(reading: Reading, context: Context) -> Iterator[Change]:
    """“New version N of plan X”, unless this very content is a version already."""
    tariff, code = reading.rows, context.options.get("plan", "")
    known = _plan_of(context.file, context.actor.user)
    if known is not None:
        standing = known.versions.exclude(state=TariffVersion.State.WITHDRAWN)
        if standing.filter(fingerprint=tariff.version).exists():
            return
    elif TariffPlan.objects.filter(code=code).exists():
        context.fault("tariffs.plan-taken", field="plan", value=code)
        return
    last = known.versions.order_by("-number").first() if known else None
    previous = _last(known)
    number = (last.number if last else 0) + 1
    after = {
        "version": f"{code} v{number}", "prefixes": sum(map(len, tariff.destinations.values())),
        "destinations": len(tariff.destinations), "prices": sum(map(len, tariff.plans.values())),
    }  # fmt: skip
    before = {} if previous is None else {
        "version": str(previous), "prefixes": previous.prefixes, "destinations": previous.destinations, "prices": previous.prices,
    }  # fmt: skip
    yield Change("create", f"plan={code}", f"{code} v{number}", 0, before, after)


def apply(file: Any, changes: Iterable[Any], actor: Actor) -> Applied:
    """Load the version, and open the plan when it is new."""
    keys, links = {}, []
    for change in changes:
        known = _plan_of(file, actor.user)
        if known is None:
            known = services.create_plan(actor=actor, data={"code": file.options["plan"], "owner": file.owner})
        version = services.load_version(
            actor=actor, plan=known, stored=file.stored, zone=file.options.get("timezone") or None
        )
        keys[change.key] = version.pk
        links.append(version)
    return Applied(links, keys)


def undo(file: Any, actor: Actor) -> None:
    """Withdraw the version; refused when it is or was in force, or when calls were priced with it."""
    for change in file.changes.exclude(kind="refuse"):
        version = TariffVersion.objects.filter(pk=change.applied_pk or None).first()
        if version is None:
            raise ValidationError(_g("The version that this file made is not there any more."))
        if version.state != TariffVersion.State.WITHDRAWN:
            services.withdraw(actor=actor, version=version)


def _described(options: Mapping[str, Any]) -> Sequence[tuple[Any, str]]:
    return [
        (_("Tariff plan"), options.get("plan", "")),
        (_("Time zone"), options.get("timezone") or _g("As the format says")),
    ]


register_format(
    Format(
        slug="tariff",
        label=_("Tariff"),
        description=_(
            "Archive of tables (ZIP), workbook or price list: the next version of a tariff plan, checked before it serves."
        ),
        icon="receipt",
        area=AREA,
        options=TariffOptions,
        sniff=_sniff,
        read=read,
        plan=plan,
        apply=apply,
        undo=undo,
        fields={
            "version": _("version"),
            "prefixes": _("prefixes"),
            "destinations": _("destinations"),
            "prices": _("prices"),
        },
        columns=(
            ("prefix", _("first digits of the number called")),
            ("destination", _("the name of where it goes")),
            ("price, unit", _("price excluding VAT, for 60 seconds unless said otherwise")),
            ("connect_fee, first_step, next_step…", _("optional")),
            (".zip", _("the tables of the 2012 formats or of v0.9.1: Destinations, Rates, RatingPlans…")),
        ),
        identity=lambda options: str(options.get("plan", "")),
        described=_described,
    )
)
