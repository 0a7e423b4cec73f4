"""What the machinery of screens itself writes in the audit trail."""

from chappe.core.base.lang import N_
from chappe.kit.audit.sentences import register_sentence

SECRET_SHOWN = "screens.secret_shown"  # noqa: S105 - the code of an event

register_sentence(SECRET_SHOWN, N_("{actor} displayed the secret “{column}” of {object}"))
