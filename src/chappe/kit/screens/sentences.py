"""What the machinery of screens itself writes in the audit trail."""

from chappe.core.base.lang import N_

SECRET_SHOWN = "screens.secret_shown"  # noqa: S105 - the code of an event
SECRET_SENTENCE = N_("showed the secret “{column}”")  # noqa: S105
