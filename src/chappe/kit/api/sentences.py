"""Sentences of the audit trail about keys."""

from chappe.core.base.lang import N_
from chappe.kit.audit import register_sentence

register_sentence("api.made", N_("{actor} made {object} ({prefix}), which acts as {account}"))
register_sentence("api.revoked", N_("{actor} revoked {object} ({prefix})"))
