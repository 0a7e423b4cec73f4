"""Files of calls: received once, rated once, rated again without counting twice, told what is wrong with them."""

import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.usage import lake, rejects, services
from chappe.apps.usage.models import Call, UsageBatch, UsageDay
from chappe.apps.usage.queries import current_batches, months_of, ratings_of
from chappe.kit.access.actor import Actor
from chappe.kit.audit.services import history
from chappe.kit.documents.services import store
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from tests.support import people, rows
from tests.support.calls import file_of, line, price_list, rated, run, sent, v091_calls

pytestmark = pytest.mark.django_db
MARCH = "2015-03-04T10:00:00+00:00"
FRANCE = "33145678901"


def counted() -> dict:
    return {
        "calls": Call.objects.count(),
        "days": sum(UsageDay.objects.filter(batch__state="ready").values_list("calls", flat=True)),
        "total": sum(UsageBatch.objects.filter(state="ready").values_list("total", flat=True)),
    }


def test_the_same_bytes_of_the_same_operator_are_one_file(bruno, worked):
    before = counted()
    jobs = Job.objects.count()
    again = sent(v091_calls(), worked.version, bruno.organisation, name="another-name.csv")
    assert again.pk == worked.pk
    assert (UsageBatch.objects.count(), Job.objects.count()) == (1, jobs)
    assert counted() == before == {"calls": 8, "days": 8, "total": 1_539_800_000}


def test_the_same_bytes_of_another_operator_are_other_calls(bruno, chloe, worked):
    rated(v091_calls(), worked.version, chloe.organisation)
    assert counted() == {"calls": 16, "days": 16, "total": 2 * 1_539_800_000}


def test_rating_twice_is_rating_once(worked):
    before, version = counted(), lake.table().version()
    run(worked)
    UsageBatch.objects.filter(pk=worked.pk).update(state="rating")  # as after a kill -9 between lake and database
    worked.refresh_from_db()
    run(worked)
    assert lake.table().version() == version
    assert counted() == before


def test_rating_again_replaces_the_prices_and_keeps_the_old_ones(bruno, worked):
    """A list at 0.06 a minute by the second: slots and slots-2-decimals 100 s → 0.10, one-step 25 s → 0.025,
    to-off-peak 60 s → 0.06, to-peak 30 s → 0.03, xmas 600 s → 0.60; 44 and 49 are not in it."""
    second = price_list(bruno.organisation, [("33", "France", "0,06")])
    new = services.rate_again(actor=Actor(user=bruno), batch=worked, version=second)
    assert counted()["total"] == 1_539_800_000, "the old prices stand until the new ones are there"
    with pytest.raises(ValidationError):
        services.rate_again(actor=Actor(user=bruno), batch=worked, version=second)
    run(new)
    worked.refresh_from_db()
    assert (worked.state, new.state, new.generation, new.replaces) == ("replaced", "ready", 2, worked)
    assert (new.calls, new.rated, new.unrated) == (8, 6, 2)
    assert counted() == {"calls": 8, "days": 8, "total": 915_000_000}  # 0.10 + 0.10 + 0.025 + 0.06 + 0.03 + 0.60
    both = ratings_of(bruno, new, 2)
    assert [(row["generation"], row["total"]) for row in both] == [(2, 100_000_000), (1, 262_000_000)]
    with pytest.raises(ValidationError):
        services.rate_again(actor=Actor(user=bruno), batch=worked, version=second)


def test_a_stranger_neither_receives_nor_rates_again(bruno, chloe, worked):
    second = price_list(bruno.organisation, [("33", "France", "0,06")])
    before = counted()
    with pytest.raises(PermissionDenied):
        services.rate_again(actor=Actor(user=chloe), batch=worked, version=second)
    chloe.roles.set([people.partner_role()])
    chloe.forget_rights()
    stored = store(io.BytesIO(b"x"), name="x.csv", actor=Actor(user=chloe), owner=chloe.organisation)
    with pytest.raises(PermissionDenied):
        services.receive(actor=Actor(user=chloe), stored=stored, version=second, owner=chloe.organisation)
    assert counted() == before
    assert UsageBatch.objects.count() == 1


def test_a_repeated_id_counts_once(bruno, version):
    one, two = line("a", FRANCE, MARCH, 25), line("b", FRANCE, MARCH, 25)
    batch = rated(file_of(one, two, one, line("a", FRANCE, MARCH, 100)), version, bruno.organisation)
    assert (batch.calls, batch.rated, batch.rejected) == (4, 2, 2)
    assert batch.total == 2 * 160_000_000
    assert list(Call.objects.filter(status="REJECTED").order_by("line").values_list("pk", flat=True)) == [
        f"{batch.pk}-4", f"{batch.pk}-5",
    ]  # fmt: skip
    assert set(batch.reasons) == {Call.objects.filter(status="REJECTED").first().reason}


@pytest.mark.parametrize(
    "content", ["", "\n\n", "colour,shape\nred,round\n", "\x00\x00"], ids=["empty", "blank", "other", "nul"]
)
def test_a_file_that_cannot_be_read_says_so_and_counts_nothing(bruno, version, content):
    batch = sent(content, version, bruno.organisation)
    assert run_pending() == 1
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert batch.problem.strip()
    assert batch.job.state == "failed"
    assert batch.job.error.strip()
    assert batch.job.attempt == 1, "trying again cannot help: it must not be tried thrice"
    assert counted() == {"calls": 0, "days": 0, "total": 0}


def test_unrated_is_not_free(bruno, version):
    batch = rated(file_of(line("x", "999000123", MARCH, 60), line("y", FRANCE, MARCH, 25)), version, bruno.organisation)
    call = Call.objects.get(call_id="x")
    assert (call.status, call.total, call.reason != "") == ("UNRATED", None, True)
    assert (batch.unrated, batch.total, batch.reasons) == (1, 160_000_000, {call.reason: 1})
    assert call.reason_sentence() not in {"", call.reason}


def test_what_was_refused_is_exported_mended_and_sent_again(bruno, version):
    bad = line("bad", "33145E78901", MARCH, 25)
    batch = rated(file_of(line("good", FRANCE, MARCH, 25), bad), version, bruno.organisation)
    stored = rejects.export(actor=Actor(user=bruno), batch=batch)
    text = stored.path.read_text("utf-8-sig")
    assert stored.owner == bruno.organisation
    assert "good" not in text
    assert "33145E78901" in text
    mended = rated(text.replace("33145E78901", FRANCE), version, bruno.organisation, name=stored.name)
    assert (mended.calls, mended.rated, mended.total) == (1, 1, 160_000_000)
    assert counted()["total"] == 320_000_000


def test_parquet_costs_the_same(bruno, version, tmp_path):
    import polars as pl

    path = tmp_path / "calls.parquet"
    pl.read_csv(io.StringIO(v091_calls()), infer_schema=False).write_parquet(path)
    batch = rated(path.read_bytes(), version, bruno.organisation, name="calls.parquet")
    assert (batch.calls, batch.total) == (8, 1_539_800_000)


def test_the_journal_tells_who_sent_and_what_came_out(bruno, version):
    batch = rated(v091_calls(), version, bruno.organisation, actor=Actor(user=bruno))
    verbs = [entry.verb for entry in history(batch)]
    assert verbs == ["usage.rated", "created"]
    assert "8" in history(batch).first().sentence("en")
    assert batch.name in history(batch).first().sentence("fr")


def test_who_sees_which_batches_and_months(alice, bruno, chloe, worked):
    theirs = rated(file_of(line("t", FRANCE, MARCH, 25)), worked.version, chloe.organisation)
    assert sorted(current_batches(alice)) == sorted([worked.pk, theirs.pk])
    assert current_batches(bruno) == [worked.pk]
    assert months_of(bruno) == ["2015-12", "2015-03"]
    assert months_of(chloe) == ["2015-03"]
    assert ratings_of(chloe, worked, 2) == []


def test_the_nightly_joining_changes_no_price(worked, bruno):
    rated(file_of(line("t", FRANCE, MARCH, 25)), worked.version, bruno.organisation)
    before = [(call.pk, call.total) for call in Call.objects.order_by("pk")]
    lake.compact()
    assert [(call.pk, call.total) for call in Call.objects.order_by("pk")] == before
    assert rows.SYSTEM.user is None
