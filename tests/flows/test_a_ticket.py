"""From the PBX socket to the mailbox: a real TCP client, the lake, an invoice, its Factur-X checked by two programs, a real mail server."""

import asyncio
import datetime as dt
import io
import socket

import pytest

from chappe.apps.billing import services as billing
from chappe.apps.billing.models import Invoice, JournalEntry, Parked, Product, ProductPrice, Purchase
from chappe.apps.collect import queries
from chappe.apps.customers import holding
from chappe.apps.customers.services import create_brand, create_customer, create_line
from chappe.apps.invoicing.models import IssuedFile, Production
from chappe.apps.tariffs.services import activate, create_plan, load_version
from chappe.apps.usage import lake
from chappe.apps.usage.pages import explanation
from chappe.connectors.einvoice.check import check_file
from chappe.connectors.pbx.engine import Engine
from chappe.connectors.pbx.spool import Spool
from chappe.core.base.money import NANO
from chappe.kit.access.actor import Actor
from chappe.kit.documents.services import store
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from chappe.kit.mail.models import Message
from chappe.kit.screens import registry
from tests.connectors.einvoice.test_pdf import opinion
from tests.kit.mail.conftest import box, smtp, start  # noqa: F401 - fixtures: a real mail server on loopback
from tests.support.calls import strong
from tests.support.rows_collect import source as make_source

pytestmark = pytest.mark.django_db

ACTOR = Actor.system("test")
CENT = NANO // 100
PRICES = (
    "tarif_code;version;debut_validite;fin_validite;sens;prefixe;destination;zone;type;plage;prix_connexion;prix_unite;unite;"
    "premier_palier;palier_suivant;minimum_facture;duree_gratuite_s;arrondi;decimales;sva_c;sva_s;sva_mode;devise;tva\n"
    "ESSAI;1;2024-01-01;;S;336;France mobile;NATIONAL;VOIX;TOUT;;0,12;MIN;1;1;;;SUP;4;;;;EUR;20\n"
)
LINES = (
    # 151 s to a mobile, transferred to nobody; an internal call; the same mobile again, not answered
    b"2024/03/11 09:14:02,00:02:31,4,201,O,00612345678,00612345678,,0,1004512,0,E201,Alice Martin,T9001,Line 1.1,0,0",
    b"2024/03/11 09:20:00,00:01:00,2,201,O,202,202,,1,1004513,0,E201,Alice Martin,E202,Bruno Petit,0,0",
    b"2024/03/11 09:30:00,00:00:00,20,201,O,00612345678,00612345678,,0,1004514,0,E201,Alice Martin,T9001,Line 1.1,0,0",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def plan():
    made = create_plan(actor=ACTOR, data={"code": "ESSAI", "name": "Essai", "owner": None})
    stored = store(io.BytesIO(PRICES.encode()), name="ESSAI.csv", actor=ACTOR, owner=None)
    version = load_version(actor=ACTOR, plan=made, stored=stored)
    activate(actor=ACTOR, version=version, at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    return made


@pytest.fixture
def customer(plan):
    create_brand(
        actor=ACTOR,
        data={
            "slug": "essai", "name": "Essai", "legal_name": "Essai", "legal_form": "SAS au capital de 50 000 €", "rcs": "RCS Lyon",
            "siren": "732829320", "siret": "73282932000074", "vat_number": "FR44732829320", "electronic_address": "732829320",
            "line1": "1 rue du Télégraphe", "postal_code": "69001", "city": "Lyon", "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP",
        },
    )  # fmt: skip
    row = create_customer(
        actor=ACTOR,
        data={
            "name": "Clinique d’essai", "siren": "552100554", "vat_number": "FR96552100554", "electronic_address": "552100554",
            "line1": "12 avenue Aristide-Briand", "postal_code": "39110", "city": "Salins-les-Bains", "sell_plan": plan,
            "invoice_emails": "compta@clinique.example",
        },
    )  # fmt: skip
    line = create_line(
        actor=ACTOR, data={"number": "201", "kind": "extension", "source": "siege", "user_name": "Alice Martin"}
    )
    holding.assign(actor=ACTOR, line=line, customer=row, starts_on=dt.date(2024, 1, 1))
    product = billing.create(
        actor=ACTOR, model=Product,
        data={"code": "POSTE", "name": "Abonnement poste", "section": "subscriptions", "period": "month", "in_advance": False},
    )  # fmt: skip
    billing.create(
        actor=ACTOR, model=ProductPrice, data={"product": product, "starts_on": dt.date(2024, 1, 1), "price": 10 * NANO}
    )
    billing.create(
        actor=ACTOR, model=Purchase,
        data={"customer": row, "product": product, "line": line, "starts_on": dt.date(2024, 3, 1), "ends_on": dt.date(2024, 3, 31)},
    )  # fmt: skip
    return row


async def sent(engine: Engine, spool: Spool, port: int, slug: str) -> list[str]:
    """The lines from a client of our own to the collector; what its live tap showed meanwhile."""
    task = asyncio.create_task(engine.run())
    await asyncio.wait_for(engine.ready.wait(), 60)
    seen: list[str] = []

    async def watch() -> None:
        async for raw in engine.tap(slug):
            seen.append(raw.data.decode())
            if len(seen) == len(LINES):
                return

    watching = asyncio.create_task(watch())
    for _try in range(50):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.1)
    writer.write(b"\r\n".join(LINES) + b"\r\n")
    await writer.drain()
    await asyncio.wait_for(watching, 90)
    writer.close()
    engine.stop()
    await asyncio.wait_for(task, 90)
    assert sum(1 for file in spool.files(slug) for _raw in file.read()) == len(LINES)
    return seen


def listed(client, user, customer) -> None:
    """The pages that a person opens: the call stands in the list with its price and masked digits, its page explains the same price."""
    client.force_login(user)
    page = client.get(registry.url("usage.call"), {"scope": "all"})
    shown = {call.destination: call for call in page.context["page"].rows if call.total}
    assert {number: call.total for number, call in shown.items()} == {"3361234****": 302_000_000}
    call = shown["3361234****"]
    assert call.customer == customer.pk
    told = explanation(call, user)
    assert (told["steps"].total, told["same"]) == (302_000_000, True)
    assert client.get(registry.url("usage.call", "detail", pk=call.pk)).status_code == 200


def test_from_the_socket_to_the_mailbox(customer, plan, box, smtp, tmp_path, client, alice):  # noqa: F811 - the fixtures above
    port = free_port()
    make_source(None, "siege", way="listen", host="127.0.0.1", port=port, outside_prefix="0", sell_plan=plan)
    spool = Spool(queries.spool().folder)
    specs = queries.specs()
    seen = asyncio.run(sent(Engine(spool, lambda: specs, rotate_seconds=0.2), spool, port, "siege"))
    assert [line.split(",")[9] for line in seen] == ["1004512", "1004513", "1004514"]

    enqueue("collect.round", actor=ACTOR)
    run_pending()
    rows = lake.query(
        "SELECT status, reason, destination, usage, total, customer FROM calls ORDER BY start"
    ).to_pylist()
    # 151 s × 0.12 € / 60 s = 0.3020 €, to four decimals upwards
    assert [tuple(row.values()) for row in rows] == [
        ("RATED", "", "33612345678", 151_000_000, 302_000_000, customer.pk),
        ("UNCHARGED", "internal", "202", 0, None, customer.pk),
        ("UNCHARGED", "not-answered", "33612345678", 0, None, customer.pk),
    ]

    listed(client, strong(alice), customer)

    run = billing.create_run(actor=ACTOR, month=dt.date(2024, 3, 1))
    run_pending()
    run.refresh_from_db()
    billing.check(actor=ACTOR, run=run)
    billing.freeze(actor=ACTOR, run=run)
    run_pending()
    assert [(row.code, row.params) for row in Parked.objects.all()] == []
    invoice = Invoice.objects.get()
    # subscription 10.00 + calls 0.302 → 0.30 at the line = 10.30; VAT 20 % = 2.06; due 12.36
    assert (invoice.state, invoice.net, invoice.tax, invoice.gross) == ("issued", 1030 * CENT, 206 * CENT, 1236 * CENT)
    assert JournalEntry.objects.get(reference=invoice.number).amount == 1236 * CENT

    made = Production.objects.get(invoice=invoice)
    assert (made.state, made.issues) == ("ready", []), "the packaged rules: CEN, Factur-X and BR-FR"
    pdf = IssuedFile.objects.get(invoice=invoice, kind="pdf").stored.path.read_bytes()
    assert check_file(pdf) == []
    answer = opinion(pdf, tmp_path, with_rules=True)
    assert answer.stdout.startswith("VALID"), answer.stdout + answer.stderr

    assert Message.objects.get().state == "sent"
    (mail,) = box.mails
    assert mail["To"] == "compta@clinique.example"
    (attached,) = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    assert attached.get_content() == pdf
