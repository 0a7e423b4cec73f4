"""What the rules refuse, in sentences that a person of the billing desk understands.

The official rules speak of XPath and of BT numbers; here the common ones are said plainly, with the number of the
rule kept so that it can be looked up. A rule that is not in the table is told with its own text.
"""

from chappe.core.base.issue import Issue, Severity, declare
from chappe.core.base.lang import N_

SETS = {
    "cen": "EN 16931",
    "facturx": "Factur-X",
    "br-fr": "BR-FR",
}

#: rule (the first part of its number) → what it means. Only what an operator can act upon.
RULES = {
    "BR-02": N_("The invoice has no number."),
    "BR-06": N_("The seller has no name."),
    "BR-07": N_("The customer has no name."),
    "BR-08": N_("The seller has no postal address."),
    "BR-10": N_("The customer has no postal address."),
    "BR-11": N_("The customer’s address names no country."),
    "BR-16": N_("The invoice has no line."),
    "BR-27": N_("A price is negative."),
    "BR-50": N_("The account to pay to is missing."),
    "BR-61": N_("A transfer is asked for, but the seller has no IBAN: fill it in on the brand."),
    "CII-SR-470": N_("A transfer is asked for, but the seller has no IBAN: fill it in on the brand."),
    "BR-CO-10": N_("The sum of the lines is not the total of the lines."),
    "BR-CO-13": N_("The total without VAT is not the sum of the lines."),
    "BR-CO-14": N_("The total of the VAT is not the sum of the VAT table."),
    "BR-CO-15": N_("The total with VAT is not the total without VAT plus the VAT."),
    "BR-CO-16": N_("The amount due is not the total with VAT less what is paid."),
    "BR-CO-17": N_("A row of the VAT table is not its base multiplied by its rate."),
    "BR-CO-18": N_("The VAT table is empty."),
    "BR-CO-25": N_("Money is due, but neither a due date nor payment terms are given."),
    "BR-CO-26": N_("The seller has neither SIREN nor VAT number."),
    "BR-AE-02": N_("The VAT is due by the customer: the seller’s VAT number and the customer’s are both needed."),
    "BR-AE-10": N_("The VAT is due by the customer: the legal reason must be written."),
    "BR-E-10": N_("No VAT is charged: the legal reason must be written."),
    "BR-S-02": N_("VAT is charged, but the seller has no VAT number."),
    "BR-S-08": N_("A base of the VAT table is not the sum of the lines at that rate."),
    "BR-FR-01": N_("The invoice number is longer than 35 characters."),
    "BR-FR-02": N_("The invoice number may hold letters, digits and + - _ / alone."),
    "BR-FR-04": N_("This type of document is not accepted in France."),
    "BR-FR-05": N_("A compulsory mention is missing: recovery fee (PMT), late payment (PMD) or early payment (AAB)."),
    "BR-FR-06": N_("A compulsory mention stands twice."),
    "BR-FR-08": N_("The frame of invoicing (BT-23) is missing or unknown."),
    "BR-FR-09": N_("The SIRET does not begin with the SIREN."),
    "BR-FR-10": N_("The seller’s SIREN is missing or has not nine digits."),
    "BR-FR-11": N_("The customer’s SIREN is missing."),
    "BR-FR-12": N_("The customer has no electronic address: fill in the directory address, or an e-mail."),
    "BR-FR-13": N_("The seller has no electronic address: fill it in on the brand."),
    "BR-FR-15": N_("A VAT category is not accepted in France."),
    "BR-FR-16": N_("A VAT rate is not among those of France."),
    "BR-FR-17": N_("An attachment is of an unknown kind."),
    "BR-FR-20": N_("The treatment asked of the platform (BAR) is unknown."),
    "BR-FR-21": N_("The customer’s electronic address must begin with its SIREN."),
    "BR-FR-22": N_("The seller’s electronic address must begin with its SIREN."),
    "BR-FR-32": N_("A SIREN must have nine digits."),
    "BR-FR-CO-05": N_("A credit note must name the invoice it corrects and its date."),
    "BR-FR-CO-07": N_("The due date comes before the date of the invoice."),
    "BR-FR-CO-09": N_("The frame says already paid, but the amount paid is not the total."),
    "BR-FR-CO-12": N_("An invoice in another currency must give its VAT in euros."),
    "BR-FR-DEC-01": N_("An amount has more than two decimals."),
    "BR-FR-DEC-02": N_("A quantity has more than four decimals."),
    "BR-FR-DEC-03": N_("A price has more than six decimals."),
}

SENTENCES = {
    "einvoice.not-xml": N_("This is not an XML file: {detail}."),
    "einvoice.not-invoice": N_("This XML is not an invoice (its root is {root})."),
    "einvoice.schema": N_("The official schema refuses the invoice: {text}"),
    "einvoice.rule": N_("Rule {rule} of {set} is broken: {text}"),
    "einvoice.no-set": N_("The rules {set} do not apply to this kind of file; they were not run."),
    "einvoice.too-slow": N_("The rules did not answer within {seconds} s: the check was stopped. Try again."),
    "einvoice.crashed": N_("The rule engine stopped ({detail}) and was started again. Try again."),
    "einvoice.not-pdf": N_("This is not a PDF file: {detail}."),
    "einvoice.pdf-no-xml": N_("The PDF carries no invoice: it has no factur-x.xml."),
    "einvoice.pdf-part": N_("The PDF is not PDF/A-3: its metadata do not say so."),
    "einvoice.pdf-intent": N_("The PDF has no output intent: its colours are not defined."),
    "einvoice.pdf-font": N_("The font {name} is not embedded in the PDF."),
    "einvoice.pdf-relation": N_("The file {name} in the PDF does not say how it relates to the invoice."),
    "einvoice.pdf-level": N_("The metadata of the PDF do not name the Factur-X profile."),
    "einvoice.pdf-encrypted": N_("The PDF is encrypted, which PDF/A forbids."),
    "einvoice.pdf-active": N_("The PDF holds {what}, which PDF/A forbids."),
    "einvoice.unknown-file": N_("This is neither a PDF nor an XML file."),
    **{f"einvoice.rule.{rule}": text for rule, text in RULES.items()},
}
declare(SENTENCES)


def of_rule(rule: str, set_: str, text: str, *, warning: bool = False, file: str = "", place: str = "") -> Issue:
    """The issue of one broken rule. ``field`` keeps the number of the rule, ``params`` its own text and place."""
    head = known(rule)
    severity = Severity.WARNING if warning else Severity.ERROR
    told = " ".join(text.split())
    params = {"rule": rule, "set": SETS.get(set_, set_), "text": told, "place": place}
    return Issue(f"einvoice.rule.{head}" if head else "einvoice.rule", severity, file=file, field=rule, params=params)


def known(rule: str) -> str:
    """The key of RULES that a rule's number falls under ("BR-FR-05_BT-22_PMT" is BR-FR-05), or ""."""
    head = rule.partition("_")[0].partition("/")[0]
    while head:
        if head in RULES:
            return head
        head = head.rpartition("-")[0]
    return ""
