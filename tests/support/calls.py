"""Files of calls and what prices them, for tests of usage: worked examples whose totals stand in examples/tariffs.

``sent`` stores and receives a file as a person would; ``rated`` also runs its rating here, without a worker.
"""

import io
from collections.abc import Sequence
from typing import Any

from chappe.apps.tariffs.models import TariffVersion
from chappe.apps.tariffs.services import load_version
from chappe.apps.usage import services
from chappe.apps.usage.models import UsageBatch
from chappe.kit.access.actor import Actor
from chappe.kit.access.areas import Level, areas
from chappe.kit.documents.services import store
from tests.support import people, rows

HEADER = "id,tenant,tor,category,direction,subject,account,destination,start,end"
NANO = 1_000_000_000
#: Totals of examples/tariffs/v0.9.1/calls.csv, in nano; the arithmetic stands in its README.
V091 = {
    "slots": 262_000_000, "slots-2-decimals": 270_000_000, "one-step": 160_000_000, "to-off-peak": 175_000_000,
    "to-peak": 65_000_000, "xmas": 100_000_000, "capped": 500_000_000, "fallback": 7_800_000,
}  # fmt: skip
PRICE_HEADER = "plan;prefixe;destination;prix_unite;unite;premier_palier;palier_suivant"


def strong(user: Any) -> Any:
    """``user`` with every right at the highest level: only ownership still divides people."""
    user.roles.set([people.make_role("Tout", dict.fromkeys(areas(), Level.ADMIN))])
    user.forget_rights()
    return user


def v091_calls() -> str:
    """The calls of the worked example, as a file."""
    return (rows.EXAMPLES / "v0.9.1" / "calls.csv").read_text("utf-8")


def line(ident: str, destination: str, start: str, seconds: int, *, subject: str = "bob", tenant: str = "acme") -> str:
    """A call of ``seconds``, its end written like its start (RFC 3339)."""
    import datetime as dt

    began = dt.datetime.fromisoformat(start)
    ended = began + dt.timedelta(seconds=seconds)
    return f"{ident},{tenant},0,call,OUT,{subject},{subject},{destination},{start},{ended.isoformat()}"


def file_of(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


def price_list(owner: Any, prices: Sequence[tuple[str, str, str]], *, code: str = "") -> TariffVersion:
    """A version with a price a minute per (prefix, destination, price), billed by the second."""
    body = "\n".join([PRICE_HEADER, *(f"A;{prefix};{name};{price};min;1;1" for prefix, name, price in prices)])
    stored = store(io.BytesIO(f"{body}\n".encode()), name="prix.csv", actor=rows.SYSTEM, owner=owner)
    return load_version(actor=rows.SYSTEM, plan=rows.plan(owner, code or rows.new_mark()), stored=stored)


def sent(
    text: str | bytes, version: TariffVersion, owner: Any, *, name: str = "calls.csv", actor: Actor = rows.SYSTEM
) -> UsageBatch:
    """The batch of a file received: its rating waits in the queue."""
    content = text.encode() if isinstance(text, str) else text
    stored = store(io.BytesIO(content), name=name, actor=actor, owner=owner)
    return services.receive(actor=actor, stored=stored, version=version, owner=owner)[0]


def run(batch: UsageBatch) -> UsageBatch:
    """Rate it here and now."""
    services.run_rating(actor=rows.SYSTEM, batch=batch, progress=lambda _done, _total: None)
    batch.refresh_from_db()
    return batch


def rated(text: str | bytes, version: TariffVersion, owner: Any, **options: Any) -> UsageBatch:
    """A file received and rated."""
    return run(sent(text, version, owner, **options))
