"""Screens of the watch: alerts, rules, risky prefixes; and the pages beside them."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.customers import panels as customer_panels
from chappe.apps.watch import actions, pages, panels, services
from chappe.apps.watch.access import AREA
from chappe.apps.watch.forms import FIELDS, CloseForm, GiveForm, MuteForm, ProposeForm, RuleForm
from chappe.apps.watch.models import Alert, RiskyPrefix, Rule
from chappe.kit.access.door import Level
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    FilterKind,
    Kind,
    Menu,
    Page,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

SECTION = "reports"
registry.menu_section(SECTION, _("Reports"), 80)
#: To handle now: neither closed nor muted for a time.
OPEN = ~Q(state="closed") & (Q(muted_until=None) | Q(muted_until__lte=Now()))
RISKS = {"low": Tone.NEW, "medium": Tone.WARN, "high": Tone.BAD}


def _alerts(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("rule", "owner", "customer", "line", "handled_by")


registry.register(
    Screen(
        slug="watch.alert",
        model=Alert,
        label=_("Alerts"),
        label_one=_("Alert"),
        area=AREA,
        menu=Menu(section=SECTION, icon="shield-exclamation", order=60),
        intro=_("What the rules said of calls, with the proof. Nothing is ever done to a line by itself: people decide."),
        empty=_("No alert. Take the packaged rules first if there is no rule yet."),
        rows=_alerts,
        page_links=(pages.trial_link,),
        scopes=(
            Scope(name="open", label=_("To handle"), where=OPEN),
            Scope(name="critical", label=pgettext_lazy("alerts", "Critical"), where=Q(severity="critical") & OPEN),
            Scope(name="muted", label=pgettext_lazy("alerts", "Muted"), where=Q(muted_until__gt=Now()) & ~Q(state="closed")),
            Scope(name="closed", label=pgettext_lazy("alerts", "Closed"), where=Q(state="closed")),
            Scope(name="all", label=_("See all")),
        ),
        chips=(
            Chip(name="mine", label=_("I deal with"), where=lambda user: Q(handled_by=user)),
            Chip(name="fraud", label=_("Fraud"), where=lambda user: Q(outcome="fraud")),
            Chip(name="false", label=_("False alarms"), where=lambda user: Q(outcome="rule")),
        ),
        columns=(
            Column(name="who", label=_("Whom"), second="rule__name", sortable=False, filter=FilterKind.NONE),
            Column(name="severity", label=_("Severity"), kind=Kind.STATE, tones=panels.SEVERITIES),
            Column(name="sentence", label=_("What happened"), sortable=False, filter=FilterKind.NONE),
            Column(name="day", label=_("Day"), kind=Kind.DATE),
            Column(name="state", label=_("State"), kind=Kind.STATE, tones=panels.STATES),
            Column(name="total", label=_("Amount"), kind=Kind.MONEY, template="watch/cells/total.html"),
            Column(name="rule", label=_("Rule"), kind=Kind.LINK, shown=False),
            Column(name="counter", label=_("What is counted"), filter=FilterKind.CHOICE, shown=False),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK, shown=False),
            Column(name="line", label=_("Line"), kind=Kind.LINK, shown=False),
            Column(name="account", label=_("Account"), shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="value", label=_("Value"), source="value_shown", sortable=False, filter=FilterKind.NONE, shown=False),
            Column(name="threshold", label=_("Threshold"), source="threshold_shown", sortable=False, filter=FilterKind.NONE, shown=False),
            Column(name="calls", label=_("Calls"), kind=Kind.NUMBER, shown=False),
            Column(name="seconds", label=_("Duration"), kind=Kind.DURATION, shown=False),
            Column(name="first", label=_("First call"), kind=Kind.DATETIME, shown=False),
            Column(name="last", label=_("Last call"), kind=Kind.DATETIME, shown=False),
            Column(name="raised_at", label=_("Raised"), kind=Kind.DATETIME, shown=False),
            Column(name="mailed_at", label=_("Mailed"), kind=Kind.DATETIME, shown=False),
            Column(name="handled_by", label=_("Handled by"), kind=Kind.LINK, shown=False),
            Column(name="proposed", label=_("Suspension proposed"), kind=Kind.BOOL, shown=False),
            Column(name="outcome", label=_("Outcome"), filter=FilterKind.CHOICE, shown=False),
            Column(name="comment", label=_("Comment"), shown=False),
            Column(name="closed_at", label=_("Closed at"), kind=Kind.DATETIME, shown=False),
            Column(name="muted_until", label=_("Muted until"), kind=Kind.DATETIME, shown=False),
        ),
        search=("rule__name", "customer__name", "account", "comment"),
        ordering=("-raised_at", "-pk"),
        state="state",
        head="who",
        subtitle=lambda alert: f"{alert.rule} · {alert.get_severity_display()}",
        panels=(
            Panel(title=_("What happened"), icon="shield-exclamation", template="watch/said.html", context=panels.said),
            Panel(title=_("The calls that show it"), icon="phone", template="watch/evidence.html", context=panels.evidence),
            Panel(title=_("Against its threshold"), icon="gauge", aside=True, columns=("value", "threshold", "day", "calls", "seconds", "total", "first", "last")),
            Panel(title=_("Who deals with it"), icon="user-check", aside=True, columns=("handled_by", "raised_at", "mailed_at", "proposed", "outcome", "comment", "closed_at", "muted_until")),
            Panel(title=_("Whom"), icon="building", aside=True, columns=("customer", "line", "account", "owner", "rule")),
        ),
        actions=(
            Action(name="take", label=_("I deal with it"), icon="hand-stop", perform=actions.take, bulk=True, primary=True, offered=actions.can_take, why_not=actions.why_not_take),
            Action(name="give", label=_("Give to…"), icon="user-share", perform=actions.give, bulk=True, form=GiveForm, offered=actions.is_open, why_not=actions.why_not_open),
            Action(name="mute", label=_("Mute for a time"), icon="bell-off", perform=actions.mute, bulk=True, form=MuteForm, offered=actions.can_mute, why_not=actions.why_not_mute),
            Action(name="unmute", label=_("End the silence"), icon="bell", perform=actions.unmute, bulk=True, offered=lambda alert, _user: alert.is_muted, why_not=actions.why_not_unmute),
            Action(name="see", label=_("Seen"), icon="eye", perform=actions.see, bulk=True, offered=actions.is_new, why_not=actions.why_not_new),
            Action(name="close", label=pgettext_lazy("an alert", "Close"), icon="check", perform=actions.close, bulk=True, form=CloseForm, offered=actions.is_open, why_not=actions.why_not_open),
            Action(name="propose", label=_("Propose a suspension"), icon="player-pause", perform=actions.propose, form=ProposeForm,
                   offered=actions.can_propose, why_not=actions.why_not_propose),
            Action(name="reopen", label=_("Open again"), icon="refresh", perform=actions.reopen, offered=actions.is_closed, why_not=actions.why_not_closed),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="watch.rule",
        model=Rule,
        label=_("Watch rules"),
        label_one=_("Watch rule"),
        area=AREA,
        menu=Menu(section=SECTION, icon="radar-2", order=70),
        intro=_("What is watched, and what it takes to be told. Try a rule on the past before you start it."),
        empty=_("No rule yet. Take those that come with Chappe, then tune them on last month."),
        rows=lambda rows, _user: rows.select_related("owner", "customer"),
        page_links=(pages.packaged_link, pages.trial_link),
        scopes=(
            Scope(name="active", label=pgettext_lazy("rules", "Active"), where=Q(active=True)),
            Scope(name="stopped", label=pgettext_lazy("rules", "Stopped"), where=Q(active=False)),
            Scope(name="all", label=_("See all")),
        ),
        columns=(
            Column(name="name", label=_("Rule")),
            Column(name="counter", label=_("What is counted"), filter=FilterKind.CHOICE),
            Column(name="warning_shown", label=_("Warning from"), order_by="warning", filter=FilterKind.NONE),
            Column(name="critical_shown", label=_("Critical from"), order_by="critical", filter=FilterKind.NONE),
            Column(name="window_shown", label=_("Counted over"), order_by="window", filter=FilterKind.NONE),
            Column(name="active", label=pgettext_lazy("a rule", "Active"), kind=Kind.BOOL),
            Column(name="warning", label=_("Warning threshold"), kind=Kind.NUMBER, shown=False),
            Column(name="critical", label=_("Critical threshold"), kind=Kind.NUMBER, shown=False),
            Column(name="window", label=_("Window (min)"), kind=Kind.NUMBER, shown=False),
            Column(name="customer", label=_("Customer"), kind=Kind.LINK, shown=False),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
            Column(name="counted_for", source="per", label=_("Counted for"), filter=FilterKind.CHOICE, shown=False),
            Column(name="number_kinds", label=_("Kinds of numbers"), shown=False),
            Column(name="prefixes", label=_("Prefixes"), shown=False),
            Column(name="moments", label=_("When"), filter=FilterKind.CHOICE, shown=False),
            Column(name="days", label=_("Days of the week"), shown=False),
            Column(name="hour_from", label=_("From (hour)"), kind=Kind.NUMBER, shown=False),
            Column(name="hour_to", label=_("To (hour)"), kind=Kind.NUMBER, shown=False),
            Column(name="amount", label=_("Amount (€)"), kind=Kind.NUMBER, shown=False),
            Column(name="period", label=_("Cap for"), filter=FilterKind.CHOICE, shown=False),
            Column(name="past_days", label=_("Days looked back on"), kind=Kind.NUMBER, shown=False),
            Column(name="short_seconds", label=_("Short under (s)"), kind=Kind.NUMBER, shown=False),
            Column(name="emails", label=_("Alerts by mail to"), shown=False),
            Column(name="cooldown", label=_("No second mail within (min)"), kind=Kind.NUMBER, shown=False),
            Column(name="propose", label=_("Propose a suspension"), kind=Kind.BOOL, shown=False),
            Column(name="notes", label=_("Notes"), shown=False),
            Column(name="muted_until", label=_("Muted until"), kind=Kind.DATETIME, shown=False),
            Column(name="slow_at", label=_("Stopped as too slow"), kind=Kind.DATETIME, shown=False),
            Column(name="owed_from", label=_("Days to look at again from"), kind=Kind.DATE, shown=False),
        ),
        chips=(
            Chip(name="muted", label=pgettext_lazy("rules", "Muted"), where=lambda user: Q(muted_until__gt=Now())),
            Chip(name="slow", label=_("Too slow"), where=lambda user: ~Q(slow_at=None) | ~Q(owed_from=None)),
        ),
        search=("name", "customer__name", "prefixes", "notes"),
        ordering=("name",),
        head="name",
        subtitle=lambda rule: rule.get_counter_display(),
        panels=(
            Panel(title=_("What is watched, and what it takes"), icon="radar-2", template="watch/in_words.html", context=panels.in_words),
            Panel(title=_("Who is told"), icon="mail", aside=True, columns=("emails", "cooldown", "propose", "active", "owner", "notes")),
            Panel(title=_("Before you start it"), icon="flask", aside=True, template="watch/try.html"),
        ),
        related=(Related(screen="watch.alert", path="rule", label=_("Its alerts"), limit=10),),
        form=RuleForm,
        fields=FIELDS,
        bulk_fields=("emails", "cooldown"),
        create=services.create,
        update=services.update,
        delete=services.delete,
        actions=(
            Action(name="mute", label=_("Mute for a time"), icon="bell-off", perform=actions.mute_rule, bulk=True, form=MuteForm, offered=lambda rule, _user: rule.active and not rule.is_muted),
            Action(name="unmute", label=_("End the silence"), icon="bell", perform=actions.unmute_rule, bulk=True, offered=lambda rule, _user: rule.is_muted),
            Action(name="stop", label=pgettext_lazy("a rule", "Stop"), icon="player-pause", perform=actions.stop, bulk=True, offered=lambda rule, _user: rule.active),
            Action(name="start", label=pgettext_lazy("a rule", "Start"), icon="player-play", perform=actions.start, bulk=True, primary=True,
                   offered=lambda rule, _user: not rule.active),
        ),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="watch.prefix",
        model=RiskyPrefix,
        label=_("Risky prefixes"),
        label_one=_("Risky prefix"),
        area=AREA,
        menu=Menu(section=SECTION, icon="list-numbers", order=80),
        intro=_("Ranges that revenue-share frauds call. Load the list of your choice as a file, one prefix a line."),
        empty=_("No prefix yet: the rule that watches the list says nothing. Send a file with prefix, label and risk."),
        rows=lambda rows, _user: rows.select_related("owner"),
        scopes=(
            Scope(name="all", label=_("See all")),
            Scope(name="high", label=_("High risk"), where=Q(risk="high")),
        ),
        columns=(
            Column(name="prefix", label=_("Prefix"), kind=Kind.REF, filter=FilterKind.STARTS),
            Column(name="label", label=_("Label")),
            Column(name="risk", label=_("Risk"), kind=Kind.STATE, tones=RISKS),
            Column(name="owner", label=_("Operator"), kind=Kind.LINK, shown=False),
        ),
        search=("prefix", "label"),
        ordering=("prefix",),
        fields=("prefix", "label", "risk", "owner"),
        bulk_fields=("risk",),
        create=services.create_prefix,
        update=services.update,
        delete=services.delete,
    )
)

registry.page(
    Page(
        slug="watch.trial", path="watch/trial/", view=pages.trial, label=_("Try a rule on the past"), area=AREA,
        menu=Menu(section=SECTION, icon="flask", order=75),
    )
)  # fmt: skip
registry.page(
    Page(
        slug="watch.packaged",
        path="watch/packaged/",
        view=pages.packaged,
        label=_("Packaged rules"),
        area=AREA,
        level=Level.WRITE,
    )
)

customer_panels.related(
    Related(screen="watch.alert", path="customer", label=_("Alerts of the watch"), limit=5), order=90
)
