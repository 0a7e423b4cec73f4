"""A document as the electronic invoice that the law asks for: CII (inside Factur-X) and UBL, both EN 16931.

Everything is drawn from :class:`chappe.core.billing.document.Document` alone. Must never look anything up: what the
document does not say is not said, and the rules then refuse it with a sentence.
"""
