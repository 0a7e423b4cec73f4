"""The levels of reminder that an installation begins with. Editable on the screen; changing this file changes nothing already installed."""

from chappe.core.billing.document import CENT

FEE = 4000 * CENT

LEVELS = (
    {
        "rank": 1, "days": 8, "fee": 0, "name": "Rappel amiable",
        "subject_fr": "{seller} : rappel de facture",
        "text_fr": "Bonjour,\n\nSauf erreur de notre part, nous n’avons pas reçu le règlement de :\n\n{invoices}\n\nTotal : {total}\n\n"
        "Si votre règlement est en route, merci de ne pas tenir compte de ce message. Sinon, vous pouvez régler par virement sur le "
        "compte {iban} en rappelant le numéro de facture et votre numéro de client {number}.\n\nUne question ? {phone}\n\n{seller}\n",
        "subject_en": "{seller}: invoice reminder",
        "text_en": "Hello,\n\nUnless we are mistaken, we have not received payment for:\n\n{invoices}\n\nTotal: {total}\n\n"
        "If your payment is on its way, please disregard this message. Otherwise you can pay by transfer to account {iban}, quoting "
        "the invoice number and your customer number {number}.\n\nA question? {phone}\n\n{seller}\n",
    },
    {
        "rank": 2, "days": 23, "fee": FEE, "name": "Relance ferme",
        "subject_fr": "{seller} : deuxième rappel, facture en retard de {days} jours",
        "text_fr": "Bonjour,\n\nMalgré notre premier rappel, ces factures restent impayées :\n\n{invoices}\n\nTotal : {total}\n\n"
        "Entre professionnels, une indemnité forfaitaire de recouvrement est due pour chaque facture en retard "
        "(code de commerce, articles L441-10 et D441-5) : {fee}. Des pénalités de retard courent en outre depuis l’échéance.\n\n"
        "Merci de régler sous huit jours sur le compte {iban}, ou de nous appeler : {phone}\n\n{seller}\n",
        "subject_en": "{seller}: second reminder, {days} days overdue",
        "text_en": "Hello,\n\nDespite our first reminder, these invoices remain unpaid:\n\n{invoices}\n\nTotal: {total}\n\n"
        "Between businesses a fixed recovery fee is due for each late invoice (French commercial code, L441-10 and D441-5): {fee}. "
        "Late penalties also run from the due date.\n\nPlease pay within eight days to account {iban}, or call us: {phone}\n\n{seller}\n",
    },
    {
        "rank": 3, "days": 45, "fee": FEE, "name": "Mise en demeure",
        "subject_fr": "{seller} : mise en demeure de payer",
        "text_fr": "Bonjour,\n\nNous vous mettons en demeure de régler sous quinze jours :\n\n{invoices}\n\nTotal : {total}\n"
        "Indemnité forfaitaire de recouvrement (entre professionnels) : {fee}\n\n"
        "À défaut, vos services pourront être suspendus dans les conditions de votre contrat, et la créance confiée au recouvrement. "
        "Si vous contestez, écrivez-nous : nous suspendrons ces suites le temps de vous répondre.\n\nCompte : {iban}\n{phone}\n\n{seller}\n",
        "subject_en": "{seller}: formal notice to pay",
        "text_en": "Hello,\n\nWe give you formal notice to pay within fifteen days:\n\n{invoices}\n\nTotal: {total}\n"
        "Fixed recovery fee (between businesses): {fee}\n\nFailing this, your services may be suspended as your contract provides, and the "
        "debt passed to recovery. If you dispute it, write to us: we shall suspend these steps until we have answered.\n\n"
        "Account: {iban}\n{phone}\n\n{seller}\n",
    },
)  # fmt: skip


def fill(apps: object, _editor: object) -> None:
    """For the migration: the house's levels, once."""
    model = apps.get_model("payments", "ReminderLevel")  # type: ignore[attr-defined]
    for level in LEVELS:
        model.objects.get_or_create(owner=None, rank=level["rank"], defaults=level)
