"""Sentences of the audit trail about people."""

from chappe.core.base.lang import N_
from chappe.kit.audit import register_sentence

register_sentence("access.password", N_("{actor} changed the password of {object}"))
register_sentence("access.totp_on", N_("{actor} turned on the second factor of {object}"))
register_sentence("access.totp_off", N_("{actor} turned off the second factor of {object}"))
register_sentence("access.recovery_new", N_("{actor} made new recovery codes for {object}"))
register_sentence("access.recovery_used", N_("{actor} signed in with a recovery code; {left} are left"))
register_sentence("access.sessions_closed", N_("{actor} closed {count} sessions of {object}"))
register_sentence("access.unlocked", N_("{actor} unlocked {object}"))
register_sentence("access.invited", N_("{actor} made a sign-in link for {object}"))
