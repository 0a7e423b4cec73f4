"""The page that asks once what is where in the tables of a bank, with the first lines of the file beside; and its form.

The file waits in the store under the key that the session holds: nobody else's file can be named here.
"""

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chappe.apps.payments import bank, tables
from chappe.apps.payments.models import BankLayout
from chappe.core.sepa import table
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may_touch
from chappe.kit.documents.models import StoredFile
from chappe.kit.documents.services import store
from chappe.kit.screens import registry
from chappe.kit.screens.forms import capitals

SESSION = "payments.table"
SHOWN = 6
MONEY = ("amount", "debit", "credit")


class ColumnsForm(forms.ModelForm):
    """Names of columns. With a file the names are chosen among those of its header, guessed first."""

    iban = forms.CharField(
        label=gettext_lazy("Our account (IBAN)"), max_length=42, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "ch-ref"}),
    )  # fmt: skip

    class Meta:
        model = BankLayout
        fields = ("name", "iban", *BankLayout.NAMES, "dates", "decimal")

    def __init__(self, *args: Any, names: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("iban", None)
        for name in BankLayout.NAMES if names else ():
            field = self.fields[name]
            choices = [("", "—"), *[(one, one) for one in dict.fromkeys(names) if one]]
            self.fields[name] = forms.ChoiceField(label=field.label, required=field.required, choices=choices)
        capitals(self.fields.values())
        self.fields["iban"].help_text = (
            _("Empty: the account stays as it is.") if self.instance.pk else _("The account whose statement it is.")
        )
        self.fields["amount"].help_text = _("One column where what goes out is negative; otherwise debit and credit.")


def keep(request: HttpRequest, data: bytes, name: str, owner: Any) -> HttpResponse:
    """Put a table aside and ask for its columns."""
    stored = store(io.BytesIO(data), name=name, actor=Actor.of(request), owner=request.user.organisation or owner)
    request.session[SESSION] = {"file": stored.pk, "owner": stored.owner_id}
    return redirect(registry.url("payments.columns"))


def columns(request: HttpRequest) -> HttpResponse:
    """Say what is where, then the file is read with it."""
    waiting = request.session.get(SESSION) or {}
    stored = _waiting(request, waiting.get("file"))
    data = stored.path.read_bytes() if stored is not None else b""
    found = table.cut(data)
    if stored is None or found is None:
        messages.info(request, _("Send the file of the bank in first."))
        return redirect(registry.url("payments.upload"))
    form = ColumnsForm(request.POST or None, names=found.names, initial=_guessed(found, stored.name))
    if request.method == "POST" and form.is_valid():
        try:
            made = _read(request, stored, data, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error) if not hasattr(error, "error_dict") else _spread(form, error)
        else:
            del request.session[SESSION]
            messages.success(request, _("The statement is read. Look at its movements, then apply."))
            return redirect(registry.object_url(made))
    context = {
        "form": form, "file": stored.name, "names": found.names, "rows": [row for _at, row in found.rows[:SHOWN]],
        "known": BankLayout.objects.filter(owner=stored.owner_id).count(),
    }  # fmt: skip
    return render(request, "payments/columns.html", context, status=422 if request.method == "POST" else 200)


def _waiting(request: HttpRequest, pk: Any) -> StoredFile | None:
    """The file of this session, still of somebody whose payments the reader may write."""
    stored = StoredFile.objects.select_related("owner").filter(pk=pk).first()
    if stored is None or not may_touch(request.user, BankLayout(owner_id=stored.owner_id), Level.WRITE):
        return None
    return stored


def _spread(form: ColumnsForm, error: ValidationError) -> None:
    for name, found in error.error_dict.items():
        form.add_error(name if name in form.fields else None, found)


def _guessed(found: table.Table, name: str) -> dict[str, Any]:
    guess = table.guess(found)
    return {
        "name": name.rpartition(".")[0][:80], "day": guess.day, "amount": guess.amount, "debit": guess.debit, "credit": guess.credit,
        "text": guess.text, "more": guess.more, "payer": guess.name, "reference": guess.reference, "account": guess.iban,
        "dates": guess.date, "decimal": guess.decimal,
    }  # fmt: skip


def _read(request: HttpRequest, stored: StoredFile, data: bytes, given: dict[str, Any]) -> Any:
    """Keep the columns and plan the file, both or neither."""
    actor = Actor.of(request)
    with transaction.atomic():
        layout = tables.create(actor=actor, data=given, owner=stored.owner)
        received = bank.receive(actor=actor, data=data, name=stored.name, owner=stored.owner, layout=layout)
    return received.statements[0]
