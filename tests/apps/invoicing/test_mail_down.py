"""An invoice whose mail finds no server: kept, tried again, and delivered once with its files when the server is back."""

import pytest

from chappe.apps.customers.models import Customer
from chappe.apps.invoicing import jobs
from chappe.apps.invoicing.models import Production
from chappe.core.einvoice.samples import company
from chappe.kit.jobs.context import JobContext
from chappe.kit.jobs.models import Job
from chappe.kit.mail import posting
from chappe.kit.mail.models import Message
from tests.kit.mail.conftest import box, smtp, start  # noqa: F401 - fixtures: a real mail server on loopback
from tests.support.rows_invoicing import issued

pytestmark = pytest.mark.django_db


def test_the_mail_waits_for_the_server_and_leaves_once(smtp, box, start):  # noqa: F811 - the fixtures above
    port = smtp.port
    smtp.stop()
    invoice = issued(company(1), delivery=Customer.Delivery.MAIL)
    ctx = JobContext(Job.objects.create(name="invoicing.produce"))
    jobs.produce(ctx, invoice=invoice.pk)
    made = Production.objects.select_related("mail").get(invoice=invoice)
    assert made.is_ready, "a server that is away blocks no invoice"
    for _round in range(3):
        assert posting.post().sent == 0
    message = Message.objects.get()
    assert (made.mail, message.state, message.attempts) == (message, "queued", 0)
    start(port)
    assert posting.post().sent == 1
    jobs.produce(ctx, invoice=invoice.pk)
    assert posting.post().sent == 0
    [mail] = box.mails
    assert sorted(part.get_filename() for part in mail.iter_attachments()) == [
        "FA2026-00142-detail.csv", "FA2026-00142.pdf",
    ]  # fmt: skip
    message.refresh_from_db()
    assert message.state == "sent"
