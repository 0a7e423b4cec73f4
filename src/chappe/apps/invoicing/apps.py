from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    name = "chappe.apps.invoicing"
    label = "invoicing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chappe.apps.billing import checklist, events
        from chappe.apps.invoicing import queries, reactions, sentences  # noqa: F401 - sentences of the journal

        events.on("issued", reactions.issued)
        checklist.sent_by(queries.sending_of)
        events.on("run_frozen", reactions.run_frozen)
