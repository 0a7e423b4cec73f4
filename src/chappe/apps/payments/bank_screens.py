"""Screens of bank statements, their movements, the columns of banks, and reminders. Registered by ``screens.py``."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.apps.payments import actions, forms, pages, panels, reminding, table_pages, tables
from chappe.apps.payments.access import AREA
from chappe.apps.payments.models import BankLayout, BankStatement, Movement, Reminder, ReminderLevel
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Action, Chip, Column, FilterKind, Kind, Menu, Panel, Related, Scope, Screen, Tone

SECTION = "payments"
STATEMENTS = {"planned": Tone.WAIT, "applied": Tone.OK, "undone": Tone.WARN}
MOVEMENTS = {"waiting": Tone.WAIT, "accepted": Tone.RUN, "ignored": Tone.NEW, "applied": Tone.OK, "undone": Tone.WARN}
REMINDERS = {"proposed": Tone.WAIT, "sent": Tone.OK, "dropped": Tone.NEW}


def _from(*states: str) -> Any:
    return lambda row, _user: row.state in states


def _proposes(row: BankStatement, _user: Any) -> bool:
    """Whether a proposal waits to be accepted."""
    return row.movements.filter(state__in=["waiting", "undone"], confidence__gt=0).exclude(kind="none").exists()


STATEMENT = Screen(
    slug="payments.statement",
    model=BankStatement,
    label=_("Bank statements"),
    label_one=_("Bank statement"),
    area=AREA,
    menu=Menu(section=SECTION, icon="building-bank", order=62),
    intro=_("Files of the bank: each movement is brought near an invoice; you decide, then apply, and may undo."),
    empty=_("No statement yet. Send the file of your bank in: camt.053 or CSV."),
    rows=lambda rows, _user: rows.select_related("owner", "stored", "applied_by"),
    columns=(
        Column(name="name", label=_("Statement"), kind=Kind.REF),
        Column(name="last_day", label=_("Until"), kind=Kind.DATE),
        Column(name="state", label=_("State"), kind=Kind.STATE, choices=BankStatement.State.choices, tones=STATEMENTS),
        Column(name="movements_count", label=_("Movements"), kind=Kind.NUMBER),
        Column(name="opening", label=_("Opening balance"), kind=Kind.MONEY, shown=False),
        Column(name="closing", label=_("Closing balance"), kind=Kind.MONEY),
        Column(name="received_at", label=_("Received"), kind=Kind.DATETIME),
        Column(name="applied_at", label=_("Applied"), kind=Kind.DATETIME, shown=False),
        Column(name="applied_by", label=_("Applied by"), source="applied_by__username", shown=False),
        Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
    ),
    scopes=(
        Scope(name="todo", label=_("To handle"), where=Q(state="planned")),
        Scope(name="all", label=_("All")),
    ),
    search=("name", "identity"),
    state="state",
    panels=(
        Panel(title=_("Where it stands"), icon="flag", template="payments/statement.html", context=panels.statement),
        Panel(title=_("Course"), icon="clock", aside=True, columns=("last_day", "opening", "closing", "received_at", "applied_at", "applied_by")),
    ),
    related=(Related(screen="payments.movement", path="statement", label=_("Movements"), limit=50),),
    actions=(
        Action(name="drop", label=_("Set it aside"), perform=actions.undo, icon="trash", danger=True, offered=_from("planned"),
               confirm=_("Nothing of it was applied: it is set aside, and may be sent in again. Set it aside?")),
        Action(name="undo", label=_("Undo"), perform=actions.undo, icon="arrow-back-up", danger=True, offered=_from("applied"),
               confirm=_("Every payment that this statement made is cancelled by an opposite row. Undo it?")),
        Action(name="accept", label=_("Accept proposals"), perform=actions.accept_from, icon="checks", form=forms.SureForm, offered=_proposes),
        Action(name="apply", label=_("Apply what is accepted"), perform=actions.apply, icon="check", primary=True, offered=_from("planned", "applied")),
    ),
    page_links=(pages.upload_link,),
)  # fmt: skip

MOVEMENT = Screen(
    slug="payments.movement",
    model=Movement,
    label=_("Movements of the bank"),
    label_one=_("Movement"),
    area=AREA,
    columns=(
        Column(name="position", label=_("No."), kind=Kind.REF),
        Column(name="day", label=_("Day"), kind=Kind.DATE),
        Column(name="amount", label=_("Amount"), kind=Kind.MONEY),
        Column(name="name", label=_("Payer"), second="text"),
        Column(name="customer", label=_("Customer"), kind=Kind.LINK),
        Column(name="confidence", label=_("Confidence"), kind=Kind.NUMBER, template="payments/cells/confidence.html"),
        Column(name="state", label=_("State"), kind=Kind.STATE, choices=Movement.State.choices, tones=MOVEMENTS),
        Column(name="kind", label=_("What it is"), choices=Movement.Means.choices, filter=FilterKind.CHOICE, shown=False),
        Column(name="text", label=_("Text"), shown=False),
        Column(name="end_to_end", label=_("Reference"), shown=False),
        Column(name="reason", label=_("Reason of the bank"), shown=False),
        Column(name="iban_masked", label=_("Account"), shown=False),
        Column(name="iban", label=_("IBAN"), kind=Kind.SECRET, shown=False),
        Column(name="debit", label=_("Debit"), kind=Kind.LINK, shown=False),
        Column(name="collection", label=_("SEPA collection"), kind=Kind.LINK, shown=False),
        Column(name="twin", label=_("Probably the same as"), kind=Kind.LINK, shown=False),
        Column(name="statement", label=_("Statement"), kind=Kind.LINK, shown=False),
    ),
    scopes=(
        Scope(name="waiting", label=_("To decide"), where=Q(state="waiting")),
        Scope(name="accepted", label=pgettext_lazy("movements", "Accepted"), where=Q(state="accepted")),
        Scope(name="all", label=_("All")),
    ),
    chips=(
        Chip(name="in", label=_("Came in"), where=lambda user: Q(amount__gt=0)),
        Chip(name="twins", label=_("Probable duplicates"), where=lambda user: Q(twin__isnull=False)),
    ),
    search=("name", "text", "end_to_end", "customer__name"),
    ordering=("statement", "position"),
    rows=lambda rows, _user: rows.select_related("customer", "statement", "debit", "collection", "twin__statement"),
    state="state",
    head="__str__",
    panels=(
        Panel(title=_("What it is believed to be"), icon="zoom-question", template="payments/movement.html", context=panels.movement),
        Panel(title=_("As the bank wrote it"), icon="building-bank", aside=True, columns=("day", "amount", "name", "iban_masked", "iban", "text", "end_to_end", "reason", "statement")),
    ),
    actions=(
        Action(name="ignore", label=pgettext_lazy("a movement", "Leave aside"), perform=actions.ignore, icon="x", bulk=True, offered=_from("waiting", "accepted", "undone")),
        Action(name="choose", label=_("Choose the customer"), perform=actions.choose, icon="user-search", form=forms.CustomerForm,
               offered=lambda row, _user: row.amount > 0 and row.state != "applied"),
        Action(name="accept", label=_("Accept"), perform=actions.accept, icon="check", bulk=True, primary=True,
               offered=lambda row, _user: row.state in {"waiting", "ignored", "undone"} and row.kind != "none"),
    ),
    empty=_("No movement yet: send a statement of the bank in."),
)  # fmt: skip

REMINDER = Screen(
    slug="payments.reminder",
    model=Reminder,
    label=_("Reminders"),
    label_one=_("Reminder"),
    area=AREA,
    menu=Menu(section=SECTION, icon="bell-ringing", order=66),
    intro=_("Proposed on working days from the levels of reminder; nothing leaves before somebody sends it."),
    empty=_("No reminder. They are proposed once invoices are overdue for as long as the first level says."),
    rows=lambda rows, _user: rows.select_related("customer", "level", "owner", "mail"),
    columns=(
        Column(name="customer", label=_("Customer"), kind=Kind.LINK),
        Column(name="level", label=_("Level"), kind=Kind.LINK),
        Column(name="state", label=_("State"), kind=Kind.STATE, choices=Reminder.State.choices, tones=REMINDERS),
        Column(name="total", label=_("Overdue"), kind=Kind.MONEY),
        Column(name="fee", label=_("Fee"), kind=Kind.MONEY),
        Column(name="problem", label=_("Remark")),
        Column(name="proposed_on", label=_("Proposed on"), kind=Kind.DATE),
        Column(name="sent_at", label=_("Sent"), kind=Kind.DATETIME, shown=False),
        Column(name="mail", label=_("Mail"), kind=Kind.LINK, shown=False),
        Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
    ),
    scopes=(
        Scope(name="todo", label=_("To decide"), where=Q(state="proposed")),
        Scope(name="sent", label=pgettext_lazy("reminders", "Sent"), where=Q(state="sent")),
        Scope(name="all", label=_("All")),
    ),
    search=("customer__name", "customer__number"),
    head="__str__",
    state="state",
    panels=(
        Panel(title=_("The letter"), icon="mail-opened", template="payments/reminder.html", context=panels.reminder),
        Panel(title=_("Course"), icon="clock", aside=True, columns=("customer", "level", "total", "fee", "proposed_on", "sent_at", "mail", "problem")),
    ),
    actions=(
        Action(name="drop", label=_("Do not send"), perform=actions.drop, icon="x", bulk=True, form=forms.WhyForm, offered=_from("proposed")),
        Action(name="send", label=_("Send"), perform=actions.send, icon="send", bulk=True, primary=True, offered=_from("proposed"),
               why_not=lambda reminder, _user: reminding.why_not_send(reminder)),
    ),
    page_links=(pages.propose_link,),
)  # fmt: skip

LEVELS = Screen(
    slug="payments.level",
    model=ReminderLevel,
    label=_("Levels of reminder"),
    label_one=_("Level of reminder"),
    area=AREA,
    menu=Menu(section=SECTION, icon="stairs-up", order=67),
    intro=_(
        "When a reminder is proposed, and what it says. An operator without levels of its own has those of the house."
    ),
    columns=(
        Column(name="name", label=_("Name"), kind=Kind.REF),
        Column(name="rank", label=_("Rank"), kind=Kind.NUMBER),
        Column(name="days", label=_("Days after the due date"), kind=Kind.NUMBER),
        Column(name="fee", label=_("Fee"), kind=Kind.MONEY),
        Column(name="active", label=pgettext_lazy("a level", "Active"), kind=Kind.BOOL),
        Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
        Column(name="subject_fr", label=_("Subject in French"), shown=False),
        Column(name="text_fr", label=_("Text in French"), shown=False),
        Column(name="subject_en", label=_("Subject in English"), shown=False),
        Column(name="text_en", label=_("Text in English"), shown=False),
    ),
    search=("name",),
    ordering=("rank",),
    rows=lambda rows, _user: rows.select_related("owner"),
    panels=(
        Panel(title=_("French"), icon="language", template="payments/level.html", context=panels.level_fr),
        Panel(title=_("English"), icon="language", template="payments/level.html", context=panels.level_en),
        Panel(title=_("When"), icon="clock", aside=True, columns=("rank", "days", "fee", "active", "owner")),
    ),
    fields=("name", "rank", "days", "fee", "subject_fr", "text_fr", "subject_en", "text_en", "active", "owner"),
    create=reminding.create_level,
    update=reminding.update_level,
    empty=_("No level: nobody is reminded. Add one."),
)


LAYOUT = Screen(
    slug="payments.bank-layout",
    model=BankLayout,
    label=_("Columns of banks"),
    label_one=_("Columns of a bank"),
    area=AREA,
    menu=Menu(section=SECTION, icon="columns", order=63),
    intro=_("What is where in the statements that a bank gives as a table. Said once, when its first file is sent in."),
    empty=_("No bank yet. Send a CSV statement in: its columns are asked then."),
    rows=lambda rows, _user: rows.select_related("owner"),
    columns=(
        Column(name="name", label=_("Name")),
        Column(name="iban_masked", label=_("Account")),
        Column(name="dates", label=_("Dates")),
        Column(name="decimal", label=_("Decimals")),
        Column(name="created_at", label=_("Created"), kind=Kind.DATETIME),
        Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
        *(
            Column(name=name, label=label, shown=False)
            for name, label in (
                ("day", _("Day")), ("amount", _("Signed amount")), ("debit", pgettext_lazy("column of a bank", "Debit")), ("credit", pgettext_lazy("column of a bank", "Credit")), ("text", _("Text")),
                ("more", _("More text")), ("payer", _("Payer")), ("reference", _("Reference")), ("account", _("Payer’s IBAN")),
            )
        ),
    ),
    search=("name",),
    panels=(
        Panel(title=_("Columns"), icon="columns", columns=("day", "amount", "debit", "credit", "text", "more", "payer", "reference", "account")),
        Panel(title=_("How it is written"), icon="building-bank", aside=True, columns=("iban_masked", "dates", "decimal", "created_at", "owner")),
    ),
    fields=("name", "iban", *BankLayout.NAMES, "dates", "decimal"),
    form=table_pages.ColumnsForm,
    update=tables.update,
    delete=tables.delete,
    page_links=(pages.upload_link,),
)  # fmt: skip


def register() -> None:
    """Add them to the registry, once."""
    for screen in (STATEMENT, MOVEMENT, REMINDER, LEVELS, LAYOUT):
        registry.register(screen)
