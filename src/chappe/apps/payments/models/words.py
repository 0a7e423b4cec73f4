"""What several tables of payments share: whose the row is, and an account number that is kept encrypted."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chappe.apps.payments.accounts import fingerprint
from chappe.core.sepa.values import masked, tidy_iban
from chappe.kit.access.door import ScopedModel
from chappe.kit.access.secrets import EncryptedTextField


def owner_field() -> Any:
    return models.ForeignKey(
        "parties.Operator", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("operator")
    )


class WithAccount(ScopedModel):
    """An account number: encrypted, shown by its ends, found by a keyed fingerprint. Use :meth:`set_iban`."""

    iban = EncryptedTextField(_("IBAN"), blank=True, default="")
    iban_masked = models.CharField(_("account"), max_length=24, blank=True, editable=False)
    iban_key = models.CharField(max_length=64, blank=True, editable=False, db_index=True)

    class Meta:
        abstract = True

    def set_iban(self, text: str) -> None:
        """Keep an account number with its mask and its fingerprint."""
        self.iban = tidy_iban(text)
        self.iban_masked = masked(self.iban) if self.iban else ""
        self.iban_key = fingerprint(self.iban)
