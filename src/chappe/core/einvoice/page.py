"""What an invoice says on paper, as plain text in the customer's language: the drawing only lays it out.

The order is that of the French rules on telephone bills: what is due and when, the operator's own services
(subscriptions and options, communications, one-off services), then those of others, VAT, how to pay, what the law wants
said, and the detail per line and per call. Must never compute an amount: all of them stand in the document.
"""

from collections.abc import Iterable
from typing import Any

from chappe.core.base.lang import N_, translate
from chappe.core.billing.document import CORRECTED, CREDIT_NOTE, Address, CallRow, Document, Line, Party
from chappe.core.einvoice import wording as say

Data = dict[str, Any]

OWN, OTHERS = N_("Services of {seller}"), N_("Services of other companies")
#: section of a line → (its title, whether it is the operator's own), in the order of the bill
SECTIONS = {
    "subscriptions": (N_("Subscriptions and plans"), True),
    "options": (N_("Options"), True),
    "communications": (N_("Communications"), True),
    "one_off": (N_("One-off services"), True),
    "services": (N_("Other services"), True),
    "third_party": (N_("Third-party services"), False),
}
TITLES = {CREDIT_NOTE: N_("Credit note"), CORRECTED: N_("Corrected invoice")}
SHORT = 14  # rows of the table that fit on the first page; a section takes two
PIECE = 10  # calls set together
WIDTHS = (8, 8, 19, 40, 9, 12)  # letters that surely fit each column of the calls
PAID = {"48": N_("Paid by card."), "54": N_("Paid by card."), "55": N_("Paid by card."), "10": N_("Paid in cash.")}


class Writer:
    """The words of one document in its language."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.language = document.language if document.language in {"fr", "en"} else "fr"

    def t(self, text: str, **holes: str) -> str:
        """``text`` in the document's language, its holes filled."""
        return translate(text, self.language).format(**holes) if holes else translate(text, self.language)

    def money(self, nano: int) -> str:
        return say.money(nano, self.language, self.document.currency)

    @property
    def is_credit(self) -> bool:
        return self.document.kind == CREDIT_NOTE


def page(document: Document) -> Data:
    """Everything the drawing shows, in reading order."""
    writer = Writer(document)
    sections = list(_sections(writer))
    return {
        "language": writer.language,
        "title": writer.t(TITLES.get(document.kind, N_("Invoice"))),
        "number": document.number,
        "issued": writer.t(N_("of {date}"), date=say.date(document.issue_date, writer.language)),
        "seller": _party(document.seller),
        "buyer": _party(document.buyer),
        "references": _references(writer),
        "headline": _headline(writer),
        "is_short": len(document.lines) + 2 * len(sections) <= SHORT,
        "sections": sections,
        "summary": [[row["title"], row["total"], row["group"]] for row in sections],
        "totals": _totals(writer),
        "vat": _vat(writer),
        "payment": _payment(writer),
        "notes": _notes(document),
        "chart": _chart(writer),
        "usage": _usage(writer),
        "calls": _calls(writer),
        "words": {name: writer.t(text) for name, text in WORDS.items()},
        "legal": legal_line(document.seller),
    }


#: Words that the drawing itself places.
WORDS = {
    "summary": N_("Your invoice in short"),
    "detail": N_("Detail of the invoice"),
    "label": N_("Description"),
    "quantity": N_("Quantity"),
    "price": N_("Unit price"),
    "vat": N_("VAT"),
    "net": N_("Amount excl. VAT"),
    "net_short": N_("Excl. VAT"),
    "page": N_("Page"),
    "of": N_("of"),
    "customer": N_("Customer"),
    "subtotal": N_("Total"),
    "continued": N_("continued"),
}


def _party(party: Party) -> Data:
    numbers = [f"SIREN {party.siren}" if party.siren else "", f"TVA {party.vat_number}" if party.vat_number else ""]
    contact = [part for part in (party.phone, party.email) if part]
    return {
        "name": party.name,
        "address": address(party.address),
        "numbers": [n for n in numbers if n],
        "contact": contact,
    }


def address(where: Address) -> list[str]:
    """Lines of a postal address; the country only when it is not France."""
    town = " ".join(part for part in (where.postal_code, where.city) if part)
    return [part for part in (where.line1, where.line2, town, where.country if where.country != "FR" else "") if part]


def legal_line(seller: Party) -> str:
    """Identity of the seller as the law wants it at the foot of each page."""
    parts = [seller.name, seller.legal_form, *address(seller.address)[:1]]
    town = address(seller.address)[-1:]
    parts += [f"{town[0]}" if town else "", seller.rcs, f"SIRET\u00a0{seller.siret}" if seller.siret else ""]
    parts.append(f"TVA\u00a0{seller.vat_number}" if seller.vat_number else "")
    return " – ".join(part for part in parts if part)


def _references(writer: Writer) -> list[list[str]]:
    document = writer.document
    preceding = ""
    if document.preceding_number:
        preceding = document.preceding_number
        if document.preceding_date:
            preceding = writer.t(N_("{number} of {date}"), number=preceding, date=f"{document.preceding_date:%d/%m/%Y}")
    place = ", ".join(address(document.service_address)) if document.service_address else ""
    told = (
        (N_("Customer number"), document.buyer.number),
        (N_("Period"), say.period(document.period_from, document.period_to, writer.language)),
        (N_("Invoice corrected"), preceding),
        (N_("Your order"), document.order_reference),
        (N_("Your reference"), document.buyer_reference),
        (N_("Contract"), document.contract),
        (N_("Your SIREN"), document.buyer.siren),
        (N_("Your VAT number"), document.buyer.vat_number),
        (N_("Place of service"), place),
    )
    return [[writer.t(label), value] for label, value in told if value]


def _headline(writer: Writer) -> Data:
    """The one amount that matters, and what happens with it."""
    document = writer.document
    due = say.date(document.due_date, writer.language) if document.due_date else ""
    if writer.is_credit:
        return {
            "label": writer.t(N_("Credit in your favour")),
            "amount": writer.money(document.due),
            "note": document.reason,
        }
    if document.due == 0:
        note = PAID.get(document.payment_means) if document.paid else N_("Nothing to pay.")
        return {
            "label": writer.t(N_("Nothing to pay")),
            "amount": writer.money(0),
            "note": writer.t(note or N_("Paid.")),
        }
    if document.payment_means == "59":
        note = writer.t(N_("Will be debited from your account on {date}"), date=due) if due else ""
        return {"label": writer.t(N_("Amount debited")), "amount": writer.money(document.due), "note": note}
    note = writer.t(N_("To be paid by {date}"), date=due) if due else document.terms
    return {"label": writer.t(N_("Amount to pay")), "amount": writer.money(document.due), "note": note}


def _sections(writer: Writer) -> Iterable[Data]:
    rows: dict[str, list[Line]] = {}
    for line in writer.document.lines:
        rows.setdefault(line.section if line.section in SECTIONS else "services", []).append(line)
    for slug, (title, own) in SECTIONS.items():
        if slug not in rows:
            continue
        group = writer.t(OWN, seller=writer.document.seller.name) if own else writer.t(OTHERS)
        yield {
            "group": group,
            "title": writer.t(title),
            "total": writer.money(sum(line.net for line in rows[slug])),
            "rows": [_row(writer, line) for line in rows[slug]],
        }


def _row(writer: Writer, line: Line) -> Data:
    language = writer.language
    period = say.short_period(line.period_from, line.period_to)
    inherited = (line.period_from, line.period_to) == (writer.document.period_from, writer.document.period_to)
    under = [line.line_number, line.site, "" if inherited else period, line.note]
    discount = ""
    if line.discount:
        name = line.discount_label or writer.t(N_("Discount"))
        discount = (
            f"{name} : −{writer.money(line.discount)}"
            if language == "fr"
            else f"{name}: −{writer.money(line.discount)}"
        )
    is_included = line.section == "communications" and not line.net and not line.price
    return {
        "label": line.label,
        "under": " · ".join(part for part in under if part),
        "discount": discount,
        "quantity": say.quantity(line.quantity, line.unit, language),
        "price": "" if is_included else say.unit_price(line.price, language, writer.document.currency),
        "vat": say.rate(line.vat_rate, language) if line.vat_category == "S" else "–",
        "net": writer.t(N_("included")) if is_included else writer.money(line.net),
    }


def _totals(writer: Writer) -> list[list[Any]]:
    document = writer.document
    due = writer.t(N_("Credit") if writer.is_credit else N_("To pay"))
    rows: list[list[Any]] = [
        [writer.t(N_("Total excl. VAT")), writer.money(document.net), False],
        [writer.t(N_("VAT")), writer.money(document.tax), False],
        [writer.t(N_("Total incl. VAT")), writer.money(document.gross), not document.paid],
    ]
    if document.paid:
        rows.append([writer.t(N_("Already paid")), "−" + writer.money(document.paid), False])
        rows.append([due, writer.money(document.due), True])
    return rows


def _vat(writer: Writer) -> Data:
    head = [writer.t(text) for text in (N_("VAT rate"), N_("Base excl. VAT"), N_("VAT"))]
    rows = []
    for row in writer.document.vat:
        name = say.rate(row.rate, writer.language) if row.category == "S" else writer.t(N_("no VAT"))
        rows.append([name, writer.money(row.base), writer.money(row.tax)])
    return {"head": head, "rows": rows, "reasons": [row.reason for row in writer.document.vat if row.reason]}


CREDIT_USED = N_("This credit is taken off what you owe; if you owe nothing, it is paid back.")


def _payment(writer: Writer) -> Data:
    document = writer.document
    if writer.is_credit or document.due <= 0:
        text = document.terms or (writer.t(CREDIT_USED) if writer.is_credit else "")
        return {"title": writer.t(N_("Payment")), "rows": [], "text": text, "code": ""}
    told: tuple[tuple[str, str], ...]
    if document.payment_means == "59":
        told = (
            (N_("Debited account"), say.masked_iban(document.iban) if document.iban else ""),
            (N_("Mandate (RUM)"), document.mandate),
            (N_("Creditor identifier (ICS)"), document.creditor_id),
        )
        rows = [[writer.t(label), value] for label, value in told if value]
        return {"title": writer.t(N_("SEPA direct debit")), "rows": rows, "text": document.terms, "code": ""}
    told = (
        (N_("IBAN"), say.iban(document.iban)),
        (N_("BIC"), document.bic),
        (N_("Account holder"), document.seller.name),
        (N_("Reference to quote"), document.number),
    )
    rows = [[writer.t(label), value] for label, value in told if value] if document.iban else []
    return {"title": writer.t(N_("Transfer")), "rows": rows, "text": document.terms, "code": transfer_code(document)}


def transfer_code(document: Document) -> str:
    """Text of the European credit transfer code (EPC069-12) that a banking application reads, or ""."""
    iban = "".join(document.iban.split())
    if not iban or document.currency != "EUR" or document.due <= 0 or document.payment_means not in {"30", "58"}:
        return ""
    cents = document.due // 10_000_000
    lines = [
        "BCD",
        "002",
        "1",
        "SCT",
        document.bic,
        document.seller.name[:70],
        iban,
        f"EUR{cents // 100}.{cents % 100:02d}",
    ]
    return "\n".join([*lines, "", "", document.number[:140]])


def _notes(document: Document) -> list[str]:
    told = [document.notes.get(code, "") for code in ("PMD", "PMT", "AAB", "TXD", "REG")]
    mentions = [text for text in document.mentions if text not in told]
    return [text for text in [*mentions, *told] if text]


def _chart(writer: Writer) -> Data:
    """Amount excl. VAT of each of the last months; nothing with less than two points."""
    months = writer.document.history[-12:]
    if len(months) < 2:
        return {"title": "", "bars": []}
    top = max((row.net for row in months), default=0)
    bars = [
        {
            "label": say.month(row.month, writer.language),
            "share": max(row.net, 0) * 1000 // top if top > 0 else 0,
            "value": say.grouped(str(round(row.net / 10**9)), writer.language),
        }
        for row in months
    ]
    longest = max((row.seconds for row in months), default=0)
    for bar, row in zip(bars, months, strict=True):
        bar["talk"] = row.seconds * 1000 // longest if longest else 0
        bar["hours"] = say.grouped(str((row.seconds + 1800) // 3600), writer.language)
    return {
        "title": writer.t(N_("The last 12 months, excl. VAT, in €")),
        "talk_title": writer.t(N_("Hours of communication, last 12 months")) if longest else "",
        "bars": bars,
    }


def _usage(writer: Writer) -> Data:
    """Sums per line and kind."""
    heads = (N_("Line"), N_("Communications"), N_("Calls"), N_("Duration"), N_("Amount excl. VAT"))
    lines: dict[str, Data] = {}
    for group in writer.document.groups:
        kept = lines.setdefault(group.line_number, {"line": group.line_number, "user": group.user, "rows": []})
        net = writer.t(N_("included")) if group.included else writer.money(group.net)
        calls = say.grouped(str(group.calls), writer.language)
        kept["rows"].append([group.label, calls, say.duration(group.seconds), net])
    return {
        "title": writer.t(N_("Communications per line")),
        "head": [writer.t(text) for text in heads],
        "lines": list(lines.values()),
    }


def _calls(writer: Writer) -> Data:
    """The detail, line by line; without it, where it is to be found."""
    document = writer.document
    heads = (N_("Date"), N_("Time"), N_("Number called"), N_("Destination"), N_("Duration"), N_("Excl. VAT"))
    users = {group.line_number: group.user for group in document.groups}
    lines: dict[str, list[list[str]]] = {}
    for call in document.calls:
        lines.setdefault(call.line_number, []).append(_call(writer, call))
    missing = document.calls_total - len(document.calls)
    note = ""
    if missing > 0:
        told = N_("{count} calls more are in the attached file.") if document.calls else N_("The detail of the {count} calls is in the attached file.")  # fmt: skip
        note = writer.t(told, count=say.grouped(str(missing), writer.language))
    return {
        "title": writer.t(N_("Detail of communications")),
        "head": [writer.t(text) for text in heads],
        "lines": [
            {"line": line, "user": users.get(line, ""), "pieces": list(_pieces(rows))} for line, rows in lines.items()
        ],
        "note": note,
        "masked": writer.t(
            N_(
                "The last digits are hidden, as the law wants, unless you expressly ask for them. Free numbers are left out."
            )
        ),
    }


def _pieces(rows: list[list[str]]) -> Iterable[list[str]]:
    """Calls by at most PIECE: a piece is a list of columns, each a text of as many lines as the piece has calls.

    Calls whose cells might wrap stand alone, so that the columns of the others stay level.
    """
    waiting: list[list[str]] = []
    for row in rows:
        fits = all(len(cell) <= width for cell, width in zip(row, WIDTHS, strict=True))
        if waiting and (not fits or len(waiting) == PIECE):
            yield ["\n".join(column) for column in zip(*waiting, strict=True)]
            waiting = []
        if fits:
            waiting.append(row)
        else:
            yield row
    if waiting:
        yield ["\n".join(column) for column in zip(*waiting, strict=True)]


def _call(writer: Writer, call: CallRow) -> list[str]:
    year, month, day = call.start[:10].split("-")
    label = f"{call.label} – {call.note}" if call.note else call.label
    net = writer.t(N_("included")) if call.included else writer.money(call.net)
    return [f"{day}/{month}/{year[2:]}", call.start[11:19], call.number, label, say.duration(call.seconds), net]
