"""Rows of publication for the contract tests: a recipient, a file made for it."""

import datetime as dt
import itertools
from typing import Any

from chappe.apps.publication.models import PublishedFile, Recipient
from tests.support import people

_serial = itertools.count(1)
DAY = dt.date(2026, 10, 1)


def recipient(owner: Any, mark: str) -> Recipient:
    known = Recipient.objects.filter(operator=owner).first() if owner is not None else None
    row = known or Recipient(operator=owner or people.OperatorFactory(), oi_code="FIBJ")
    row.place = mark
    row.save()
    return row


def published_file(owner: Any, mark: str) -> PublishedFile:
    from tests.support.rows import stored_file

    of = recipient(owner, "39")
    stored = stored_file(of.operator, mark)
    return PublishedFile.objects.create(
        operator=of.operator, flow="ipe", kind="delta", zone="zmd", version="3.1", first=DAY, day=DAY, sequence=next(_serial),
        name=f"FIBJ_{mark}.csv", stored=stored, rows=1, size=stored.size, sha256=stored.sha256,
    )  # fmt: skip


FACTORIES = {Recipient: recipient, PublishedFile: published_file}
