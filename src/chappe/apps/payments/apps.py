from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "chappe.apps.payments"
    label = "payments"
    verbose_name = _("Payments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.billing import documents, events, issuing
        from chappe.apps.invoicing import depositing, reporting
        from chappe.apps.payments import debited, reminding, services, told, topping

        documents.debit_with(debited.debit_of)
        issuing.advances_with(services.hold_top_ups)
        reporting.payments_with(told.received)
        depositing.paid_with(told.is_paid)
        depositing.money_with(told.money_of)
        depositing.waiting_with(told.untold)
        reminding.attach_with(told.pdf_of)
        events.on("issued", topping.issued)
