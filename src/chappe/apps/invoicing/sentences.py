"""Sentences that invoicing writes into the journal of an invoice."""

from chappe.core.base.lang import N_
from chappe.kit.audit.sentences import register_sentence

register_sentence("invoicing.made", N_("{actor} made the files of {object}: they pass the rules"))
register_sentence("invoicing.blocked", N_("{actor} made the files of {object}, which may not leave: {reason}"))
register_sentence("invoicing.mailed", N_("{actor} put {object} in the outbox, to {to}"))
register_sentence("invoicing.deposited", N_("{actor} deposited {object} with the platform under {reference}"))
register_sentence("invoicing.status", N_("{actor} heard from the platform about {object}: {status}"))
register_sentence("invoicing.reported", N_("{actor} deposited {object} with the platform under {reference}"))
register_sentence("invoicing.layout-activated", N_("{actor} activated the layout “{object}”"))
register_sentence("invoicing.layout-retired", N_("{actor} went back from the layout “{object}” to the packaged one"))
