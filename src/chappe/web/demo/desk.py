"""What lies on the clerk's desk: a statement of the bank, debits to hand in, reminders to send, mails, a report by the clock.

Everything is made by the verbs that people use, so that each page of payments, mail and reports has something true to show.
"""

import datetime as dt
import io
from collections.abc import Sequence

from django.utils import translation

from chappe.apps.billing.models import Invoice
from chappe.apps.collect import intake
from chappe.apps.collect.models import Source
from chappe.apps.customers.models import Brand, Customer
from chappe.apps.invoicing import depositing, mailing, report_layouts, reporting
from chappe.apps.invoicing.models import Production
from chappe.apps.parties.models import Operator
from chappe.apps.payments import bank, collections, mandates, reminding, tables
from chappe.apps.payments import services as payments
from chappe.apps.payments.models import BankStatement, Mandate
from chappe.apps.reports import scheduling
from chappe.apps.reports import services as reports
from chappe.apps.reports.models import Report, ReportSchedule
from chappe.apps.watch import raising
from chappe.apps.watch import services as watch
from chappe.apps.watch.models import Alert, Rule
from chappe.core.base.money import NANO
from chappe.core.einvoice.reporting_layout import packaged_text
from chappe.kit.access.actor import Actor
from chappe.kit.jobs.runner import run_pending
from chappe.web.demo import bills, clients, tickets

ACCOUNT = "FR7630006000011234567890189"
OTHER_ACCOUNT = "FR1420041010050500013M02606"
#: Customers whose transfer stands in the statement → (text of the transfer, with the number of the invoice; share of it paid).
TRANSFERS = (
    ("Gîtes du Piton", "FACTURE {number}", 1),
    ("Agence Cayenne Voyages", "VIREMENT NOVEMBRE", 1),
    ("Denise Perrard", "{number}", 2),
)
SCHEDULES = (
    ("facturation-mois-dernier", "monthly", "pdf", "direction@altitel.example"),
    ("communications-couteuses", "weekly", "xlsx", "exploitation@altitel.example"),
)


@translation.override("fr")
def build(*, actor: Actor, clerk: Actor, operator: Operator, today: dt.date) -> None:
    """``clerk`` is a person of ``operator``, whose rights the reports have. A second run adds nothing."""
    if BankStatement.objects.filter(owner=operator).exists():
        return
    _tickets(clerk, operator, today)
    _statement(actor, operator, today)
    _debits(actor, operator, today)
    for reminder in reminding.propose(actor=actor, owner=operator, today=today):
        if reminder.customer.name == bills.LATE[0]:
            reminding.send(actor=actor, reminder=reminder)
    _letters(actor, operator)
    _platform(actor, operator, today)
    _reports(clerk)
    _watch(actor, clerk, operator)
    run_pending()


def _tickets(actor: Actor, operator: Operator, today: dt.date) -> None:
    """One file with two lines that nobody can read, and one that waits to be told what it is."""
    source = Source.objects.filter(owner=operator, slug=clients.CENTREX).first()
    if source is None:
        return
    day = f"{today - dt.timedelta(days=1):%d/%m/%Y}"
    good = [f"{day};{hour:02d}:12:40;Sortant;0353010133;01990047{hour:02d};00:02:1{hour % 10}" for hour in range(8, 20)]
    bad = ["31/02/2026;10:04:00;Sortant;0353010131;0199004711;00:01:10", f"{day};11:25:60;Sortant;0353010132;;0:0"]
    first = "\n".join([tickets.HEADER, *good[:8], *bad]) + "\n"
    chunk, _is_new = intake.receive(
        actor=actor, source=source, file=io.BytesIO(first.encode()), name="centrex_complement.csv"
    )
    intake.confirm(actor=actor, chunk=chunk, profile=source.profile)
    second = "\n".join([tickets.HEADER, *good[8:]]) + "\n"
    intake.receive(actor=actor, source=source, file=io.BytesIO(second.encode()), name="centrex_reprise.csv")
    run_pending()


def _statement(actor: Actor, operator: Operator, today: dt.date) -> None:
    """Three transfers, sure and less sure, one from nobody known, and the fees of the bank."""
    day = today - dt.timedelta(days=2)
    rows = []
    for name, text, share in TRANSFERS:
        invoice = Invoice.objects.filter(owner=operator, customer__name=name, state=Invoice.State.ISSUED).first()
        if invoice is not None:
            rows.append((invoice.gross // share, name, text.format(number=invoice.number)))
    rows += [
        (86_40 * NANO // 100, "M. ET MME JACQUEMARD", "REGLEMENT"),
        (-12_50 * NANO // 100, "", "FRAIS TENUE DE COMPTE"),
    ]
    bank.receive(actor=actor, data=_camt(rows, day), name=f"releve-{day:%Y%m%d}.xml", owner=operator)
    columns = {"day": "Date opération", "debit": "Débit", "credit": "Crédit", "text": "Libellé"}
    tables.create(
        actor=actor,
        owner=operator,
        data={**columns, "name": "Caisse des Salines, compte courant", "iban": OTHER_ACCOUNT},
    )
    export = f"Date opération;Libellé;Débit;Crédit\r\n{day:%d/%m/%Y};REMISE CHEQUE 0004512;;64,20\r\n{day:%d/%m/%Y};ABONNEMENT CARTE;4,90;\r\n"
    bank.receive(actor=actor, data=export.encode("cp1252"), name="export-compte.csv", owner=operator)
    _topped_up(actor, operator, day)


def _topped_up(actor: Actor, operator: Operator, day: dt.date) -> None:
    """A private person has paid in advance."""
    customer = Customer.objects.filter(owner=operator, kind="private").order_by("pk").first()
    if customer is not None:
        payments.top_up(actor=actor, customer=customer, amount=40 * NANO, day=day, means="card", reference="TPE 0117")


def _camt(rows: Sequence[tuple[int, str, str]], day: dt.date) -> bytes:
    """A camt.053 as banks write it: amount in nano (negative: taken), name, text."""
    entries = []
    for rank, (amount, name, text) in enumerate(rows, 1):
        cents = abs(amount) // (NANO // 100)
        who = f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>" if name else ""
        entries.append(
            f'<Ntry><Amt Ccy="EUR">{cents // 100}.{cents % 100:02d}</Amt><CdtDbtInd>{"CRDT" if amount > 0 else "DBIT"}</CdtDbtInd>'
            f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{day:%y%m%d}{rank:03d}</AcctSvcrRef>"
            f"<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{who}<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    moved = sum(amount for amount, _name, _text in rows) // (NANO // 100)
    opening = 12_480_35
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{cents // 100}.{cents % 100:02d}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, cents in (("OPBD", opening), ("CLBD", opening + moved))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr/>'
        f"<Stmt><Id>REL-{day:%Y%m%d}</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def _debits(actor: Actor, operator: Operator, today: dt.date) -> None:
    """One collection with its file made, not yet handed in; a mandate whose account has moved."""
    brand = Brand.objects.filter(owner=operator).first()
    if brand is None or not brand.ics:
        return
    moved = Mandate.objects.filter(customer__owner=operator).order_by("pk").last()
    if moved is not None:
        mandates.update(actor=actor, object=moved, data={"iban": OTHER_ACCOUNT})
    day = today + dt.timedelta(days=7)
    while day.weekday() >= 5:
        day += dt.timedelta(days=1)
    made = collections.propose(actor=actor, brand=brand, collect_on=day, owner=operator)
    collections.make_file(actor=actor, collection=made)


def _letters(actor: Actor, operator: Operator) -> None:
    """The issued invoices by mail; without a server of mail they wait in the outbox."""
    for invoice in Invoice.objects.filter(owner=operator, state=Invoice.State.ISSUED).order_by("number"):
        if invoice.customer.emails and not mailing.why_not(invoice):
            mailing.send(actor=actor, invoice=invoice, key=mailing.automatic_key(invoice))


def _platform(actor: Actor, operator: Operator, today: dt.date) -> None:
    """Two invoices handed to the platform, and the reports of the periods that are over."""
    ready = Production.objects.filter(invoice__owner=operator, invoice__customer__kind="company").order_by("pk")
    for row in [one for one in ready if not mailing.why_not(one.invoice)][:2]:
        depositing.tell_money(actor=actor, deposit=depositing.deposit(actor=actor, invoice=row.invoice))
    text = packaged_text().replace('date = "%Y-%m-%d"', 'date = "%Y%m%d"')
    report_layouts.COPIES.create(
        actor=actor, data={"note": "Dates sans tirets, à essayer avec la plateforme", "text": text}
    )
    for period in reporting.open_periods(owner=operator, today=today):
        reporting.make(actor=actor, report=period)


def _reports(clerk: Actor) -> None:
    for slug, cadence, form, recipient in SCHEDULES:
        report = Report.objects.filter(slug=slug).first()
        if report is None:
            continue
        data = {
            "owner": clerk.user.organisation if clerk.user else None,
            "report": report,
            "cadence": cadence,
            "format": form,
        }
        schedule: ReportSchedule = reports.create_schedule(actor=clerk, data={**data, "recipients": recipient})
        if schedule.next_due is not None:
            scheduling.deliver(schedule, schedule.next_due)


def _watch(actor: Actor, clerk: Actor, operator: Operator) -> None:
    """The packaged rules, what they say of the three months, and what the clerk has done about it so far."""
    with translation.override("fr"):
        watch.install(actor=actor, owner=operator, slugs={row["slug"] for row in watch.packaged()})
        premium = Rule.objects.get(owner=operator, packaged="premium")
        watch.update(actor=actor, object=premium, data={"warning": 2})  # one call a day is nothing to be told of
    raising.look_at_new()
    alerts = list(Alert.objects.filter(owner=operator, state=Alert.State.NEW).order_by("pk"))
    for alert in alerts[:1]:
        said = "Appels aux renseignements, confirmés par le client."
        watch.close(actor=clerk, alert=alert, outcome="use", comment=said)
    for alert in alerts[1:2]:
        watch.take(actor=clerk, alert=alert)
