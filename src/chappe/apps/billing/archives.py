"""Archives of the journal: a period in one file that an inspector can read without Chappe.

A zip: the entries as JSON lines in their order, the documents they name, the hashes, and a page that says how to check
them. Source: CGI 286, I, 3° bis (archiving); LPF L102 B. The archive itself is an entry of the journal.
"""

import datetime as dt
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.billing import journal
from chappe.apps.billing.access import AREA
from chappe.apps.billing.models import Archive, Invoice, JournalEntry
from chappe.core.billing.chain import START, canonical, fingerprint
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, require
from chappe.kit.audit.services import created
from chappe.kit.documents.services import store
from chappe.kit.jobs.services import enqueue

README = """LISEZ-MOI — archive du journal de facturation de Chappe

Période : du {first} au {last}. Écritures {first_position} à {last_position}, soit {count}.
Logiciel : Chappe {version}. Empreinte du module fiscal : {module}

journal.jsonl      une écriture par ligne, dans l’ordre, au format JSON (UTF-8). Montants en milliardièmes d’euro (amount_nano) :
                   12 000 000 000 vaut 12,00 €. Un avoir est négatif.
documents.jsonl    les factures et avoirs de la période, tels qu’émis ; « sha256 » est l’empreinte de « document ».
empreintes.txt     l’empreinte SHA-256 de chacun de ces fichiers.

Vérifier l’inaltérabilité
1. L’empreinte « sha256 » d’une écriture est le SHA-256 de son JSON sans le champ « sha256 », clés triées, sans espace, en UTF-8.
2. Son champ « previous » est l’empreinte de l’écriture précédente. La première de cette archive suit {start}.
3. La dernière empreinte est {end}. Elle doit être celle que le logiciel affiche, ou que reprend l’archive suivante.
4. L’empreinte « document_sha256 » d’une écriture de facture est celle du document du même numéro dans documents.jsonl.

Textes : article 286, I, 3° bis du CGI (inaltérabilité, sécurisation, conservation, archivage) ; article L102 B du LPF.
"""


def request(*, actor: Actor, first_day: dt.date, last_day: dt.date, owner: Any = None) -> Archive:
    """Queue the archive of a period that is over. Raises ValidationError otherwise, or when it holds no entry."""
    if actor.user is not None:
        require(actor.user, AREA, Level.ADMIN)
        owner = actor.user.organisation or owner
    if last_day < first_day:
        raise ValidationError({"last_day": _("The end stands before the beginning.")})
    if last_day >= timezone.localdate():
        raise ValidationError({"last_day": _("A period is archived once it is over.")})
    row = Archive(owner=owner, first_day=first_day, last_day=last_day)
    if not _rows(row).exists():
        raise ValidationError(_("The journal has no entry in this period."))
    with transaction.atomic():
        row.save()
        created(actor, row)
        row.job = enqueue(
            "billing.archive", actor=actor, label=_("Archive %(period)s") % {"period": row}, owner=owner, archive=row.pk
        )
        row.save(update_fields=["job"])
    return row


def _rows(archive: Archive) -> Any:
    zone = timezone.get_default_timezone()
    first = dt.datetime.combine(archive.first_day, dt.time(), zone)
    last = dt.datetime.combine(archive.last_day + dt.timedelta(days=1), dt.time(), zone)
    return JournalEntry.objects.filter(chain=journal.chain_of(archive.owner_id), at__gte=first, at__lt=last)


def write(archive: Archive, *, actor: Actor, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Make the file, store it, and tell the journal. Done once: a second run finds the file and stops."""
    if archive.stored_id is not None:
        return
    rows = _rows(archive).order_by("position")
    first, last = rows.first(), rows.last()
    if first is None or last is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"journal-{archive.first_day:%Y%m%d}-{archive.last_day:%Y%m%d}.zip"
        count = _zip(path, archive, first, last, progress)
        with transaction.atomic():
            archive.stored = store(path, name=path.name, actor=actor, owner=archive.owner)
            archive.first_position, archive.last_position = first.position, last.position
            archive.entries, archive.last_sha256 = count, last.sha256
            archive.save()
            journal.append(
                JournalEntry.Kind.ARCHIVE, actor=actor, owner=archive.owner, reference=path.name,
                data={"file_sha256": archive.stored.sha256, "first": first.position, "last": last.position, "entries": count},
            )  # fmt: skip


def _zip(
    path: Path, archive: Archive, first: JournalEntry, last: JournalEntry, progress: Callable[[int, int], None]
) -> int:
    entries = list(_lines_of(archive, first, last))
    documents = list(_documents(archive, first, last))
    progress(1, 2)
    parts = {"journal.jsonl": b"".join(entries), "documents.jsonl": b"".join(documents)}
    parts["LISEZ-MOI.txt"] = README.format(
        first=archive.first_day.isoformat(), last=archive.last_day.isoformat(), first_position=first.position,
        last_position=last.position, count=len(entries), version=journal.version(), module=journal.fiscal_fingerprint(),
        start=first.previous if first.previous != START else "l’origine (64 zéros)", end=last.sha256,
    ).encode()  # fmt: skip
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(parts.items()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in sorted(parts.items()):
            file.writestr(name, data)
        file.writestr("empreintes.txt", sums)
    progress(2, 2)
    return len(entries)


def _lines_of(archive: Archive, first: JournalEntry, last: JournalEntry) -> Iterator[bytes]:
    for entry in journal.entries(journal.chain_of(archive.owner_id), first.position - 1, last.position):
        yield canonical({**journal.content(entry), "previous": entry.previous, "sha256": entry.sha256}) + b"\n"


def _documents(archive: Archive, first: JournalEntry, last: JournalEntry) -> Iterator[bytes]:
    kinds = {JournalEntry.Kind.INVOICE, JournalEntry.Kind.CREDIT_NOTE, JournalEntry.Kind.CORRECTION}
    for entry in journal.entries(journal.chain_of(archive.owner_id), first.position - 1, last.position):
        uid = entry.data.get("uid") if entry.kind in kinds else None
        invoice = Invoice.objects.filter(uid=uid).first() if uid else None
        if invoice is not None:
            data = {"number": invoice.number, "sha256": fingerprint(invoice.document), "document": invoice.document}
            yield canonical(data) + b"\n"


def read(path: Path) -> list[dict[str, Any]]:
    """Entries of an archive, for whoever checks it."""
    with zipfile.ZipFile(path) as file:
        return [json.loads(line) for line in file.read("journal.jsonl").splitlines()]
