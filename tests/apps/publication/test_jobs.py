"""The archive and its life: made once, shared, made again with a reason, cancelled, killed, handed over, deleted."""

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chappe.apps.network.models import Building
from chappe.apps.publication import handing, making, services
from chappe.apps.publication.models import PublishedFile, Recipient
from chappe.kit.access.actor import Actor
from chappe.kit.audit.models import AuditEntry
from chappe.kit.documents import blobs
from chappe.kit.documents.models import StoredFile
from chappe.kit.jobs.context import Cancelled
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue

from .conftest import SYSTEM, change, recipient
from .reading import made, one

pytestmark = pytest.mark.django_db
D = dt.date
DAY = D(2026, 10, 12)
State = PublishedFile.State


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, settings, monkeypatch):
    settings.DATA = tmp_path
    monkeypatch.setenv("CHAPPE_DATA", str(tmp_path))


def archive() -> list[tuple]:
    return list(PublishedFile.objects.order_by("pk").values_list("name", "sha256", "state"))


def test_the_same_rows_for_two_operators_are_written_once(net):
    of = [recipient("Altitel", "ALTI"), recipient("Boréal", "BORL"), recipient("Cémax", "CEMX", "3.0", ztd=False)]
    found = made("full", DAY, *of, flows=["ipe"])
    assert sorted(row.name for row in found.files) == [
        "FIBJ_39_PM_IPEZMD_V30_20261012_01_CEMX.csv",
        "FIBJ_39_PM_IPEZMD_V31_20261012_01_ALTI.csv",
        "FIBJ_39_PM_IPEZMD_V31_20261012_01_BORL.csv",
        "FIBJ_39_PM_IPE_V31_20261012_01_ALTI.csv",
        "FIBJ_39_PM_IPE_V31_20261012_01_BORL.csv",
    ]
    assert len({row.sha256 for row in found.files}) == 3
    assert len(list(blobs.every())) == 3
    assert {row.stored.owner_id for row in found.files} == {row.operator_id for row in of}


def test_a_job_run_twice_makes_its_files_once(altitel):
    for _again in range(2):
        job = enqueue("publication.make", actor=SYSTEM, kind="full", day=DAY.isoformat())
        run_pending()
        job.refresh_from_db()
        assert (job.state, job.error) == ("done", "")
        assert len(archive()) == 3
    assert job.result["standing"] == 3


def test_made_again_takes_a_reason_an_administrator_and_the_next_sequence(altitel, alice, bruno):
    [first] = made("delta", DAY, altitel, flows=["cpn"]).files
    before = archive()
    clerk = Actor(user=bruno, via="page")
    with pytest.raises(PermissionDenied):
        made("delta", DAY, altitel, flows=["cpn"], again="pour voir", actor=clerk)
    assert archive() == before
    altitel.decimal = ","
    altitel.filler = "_NA_"
    altitel.save()
    made("delta", DAY, altitel, flows=["cpn"], again="rien n’a changé", actor=Actor(user=alice, via="page"))
    assert archive() == before  # no row, so the same bytes: a header
    change(Building.objects.order_by("pk").last(), DAY, dwellings=12)
    [row] = made(
        "delta", DAY, altitel, flows=["ipe"], again="un immeuble manquait", actor=Actor(user=alice, via="page")
    ).files[-1:]
    assert (row.sequence, row.name, row.reason) == (
        1,
        "FIBJ_39_PM_IPEZMD_DELTA_V31_20261012_01_ALTI.csv",
        "un immeuble manquait",
    )
    change(Building.objects.order_by("pk").last(), DAY, dwellings=13)
    [again] = made("delta", DAY, altitel, flows=["ipe"], again="encore", actor=Actor(user=alice, via="page")).files
    assert (again.sequence, again.name) == (2, "FIBJ_39_PM_IPEZMD_DELTA_V31_20261012_02_ALTI.csv")
    assert AuditEntry.objects.filter(verb="publication.again", object_pk=str(again.pk)).count() == 1
    assert first.sequence == 1


def test_a_version_that_nobody_describes_says_so_until_another_is_chosen(net):
    old = recipient("Cémax", "CEMX", "2.1")
    found = made("full", DAY, old)
    assert (len(found.files), found.failed) == (2, 1)
    refused = PublishedFile.objects.get(flow="cpn")
    assert refused.state == State.NOT_MADE
    assert "2.1" in refused.problem
    assert "3.0, 3.1" in refused.problem
    old.operator.protocols.filter(flow="cpn").update(version="3.0")
    [row] = made("full", DAY, old).files
    assert (row.pk, row.state, row.problem, row.sequence) == (refused.pk, State.WAITING, "", 1)


def test_a_scope_narrows_what_is_published(net):
    here = recipient(
        "Altitel",
        "ALTI",
        communes="39198",
        pms="FI-39198-0001",
        place="",
        encoding="cp1252",
        decimal=",",
        filler="_NA_",
    )
    row = one(made("full", DAY, here), zone="zmd")
    text = row.stored.path.read_bytes().decode("cp1252")
    assert row.name == "FIBJ_PM_IPEZMD_V31_20261012_01_ALTI.csv"
    assert (row.rows, text.count("\r\n")) == (1, 2)
    assert ";890000,375;6650000;" in text
    assert ";Syndic Été;" in text
    assert ";_NA_;" in text
    elsewhere = recipient("Boréal", "BORL", communes="39300")
    assert [row.rows for row in made("full", DAY, elsewhere).files] == [0, 0, 0]


def test_a_day_to_come_is_refused(altitel):
    with pytest.raises(ValidationError, match="venu"):
        made("full", timezone.localdate() + dt.timedelta(days=1), altitel)
    assert archive() == []


def test_cancelled_half_way_nothing_stays(altitel, tmp_path):
    def stop(rows: int, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        made("full", DAY, altitel, progress=stop)
    assert archive() == []
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file() and path.name != ".lock"] == []


def test_missed_deltas_are_caught_up_day_by_day(altitel):
    made("delta", D(2026, 10, 8), altitel)
    assert making.missing_days([altitel], D(2026, 10, 11)) == [D(2026, 10, 9), D(2026, 10, 10), D(2026, 10, 11)]
    assert making.missing_days([altitel], D(2026, 12, 31))[0] == D(2026, 12, 1)
    assert making.missing_days([altitel], D(2026, 10, 8)) == [D(2026, 10, 8)]
    behind = recipient("Boréal", "BORL")
    assert making.missing_days([altitel, behind], D(2026, 10, 9)) == [D(2026, 10, 9)]
    made("delta", D(2026, 10, 6), behind)
    assert making.missing_days([altitel, behind], D(2026, 10, 9)) == [D(2026, 10, 7), D(2026, 10, 8), D(2026, 10, 9)]


KILLED = """
import os, signal, sys
from pathlib import Path
from django.conf import settings
settings.configure(DATA=Path(sys.argv[1]))
from chappe.kit.documents.blobs import Draft
with Draft() as draft:
    draft.write(b"IdentifiantImmeuble;" * 1000)
    draft._out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_while_writing_no_half_file_is_in_the_store(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env={**os.environ}, check=False)
    assert done.returncode == -signal.SIGKILL
    settings_root = tmp_path / "files"
    assert [path.name for path in settings_root.glob("[0-9a-f][0-9a-f]")] == []
    assert len(list((settings_root / "tmp").iterdir())) == 1
    assert blobs.remove_old_temporaries(older_than_seconds=0) == 1


def test_files_are_handed_over_in_order_and_whole(altitel, tmp_path):
    made("delta", DAY, altitel, flows=["cpn"])
    made("delta", D(2026, 10, 11), altitel, flows=["cpn"])
    PublishedFile.objects.update(due_at=timezone.now())
    assert handing.hand_over_due() == {"handed": 2, "failed": 0}
    folder = tmp_path / "exchange" / "ALTI"
    assert sorted(path.name for path in folder.iterdir()) == [
        "FIBJ_39_PM_CPN_DELTA_V31_20261011_01_ALTI.csv",
        "FIBJ_39_PM_CPN_DELTA_V31_20261012_01_ALTI.csv",
    ]
    for row in PublishedFile.objects.all():
        assert (row.state, row.attempts, row.due_at) == (State.HANDED, 1, None)
        assert blobs.fingerprint(folder / row.name) == row.sha256
    assert handing.hand_over_due() == {"handed": 0, "failed": 0}


def test_the_hour_of_the_recipient_is_waited_for(altitel):
    [row] = made("delta", DAY, altitel, flows=["cpn"]).files
    now = timezone.localtime()
    assert row.due_at >= now.replace(hour=altitel.hour, minute=0, second=0, microsecond=0)
    PublishedFile.objects.update(due_at=now + dt.timedelta(hours=1))
    assert handing.hand_over_due(now=now) == {"handed": 0, "failed": 0}
    assert handing.hand_over_due(now=now + dt.timedelta(hours=1)) == {"handed": 1, "failed": 0}


def test_a_failure_is_told_tried_again_and_holds_back_what_follows(altitel, tmp_path):
    made("delta", D(2026, 10, 11), altitel, flows=["cpn"])
    made("delta", DAY, altitel, flows=["cpn"])
    first, second = PublishedFile.objects.order_by("day")
    (tmp_path / "exchange").mkdir()
    (tmp_path / "exchange" / "ALTI").write_text("in the way")
    now = timezone.now() + dt.timedelta(days=1)
    assert handing.hand_over_due(now=now) == {"handed": 0, "failed": 1}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.attempts, first.due_at) == (State.FAILED, 1, now + dt.timedelta(minutes=15))
    assert first.problem == "Le dossier ALTI ne peut pas être écrit\u00a0: un fichier est à sa place."
    assert (second.state, second.attempts) == (State.WAITING, 0)
    (tmp_path / "exchange" / "ALTI").unlink()
    assert handing.hand_over_due(now=now + dt.timedelta(minutes=15)) == {"handed": 2, "failed": 0}


def test_after_twelve_attempts_it_is_given_up_until_a_person_says_so(altitel, tmp_path, alice):
    [row] = made("delta", DAY, altitel, flows=["cpn"]).files
    (tmp_path / "exchange").write_text("in the way")
    for _attempt in range(handing.MOST):
        assert not handing.hand_over(row, altitel)
        row.refresh_from_db()
    assert (row.state, row.due_at) == (State.STOPPED, None)
    (tmp_path / "exchange").unlink()
    assert handing.hand_over_due(now=timezone.now() + dt.timedelta(days=9)) == {"handed": 0, "failed": 0}
    assert handing.start_again(actor=Actor(user=alice, via="page"), files=[row]) == 1
    row.refresh_from_db()
    assert (row.state, row.problem, row.attempts) == (State.HANDED, "", 1)


def test_a_file_of_the_same_name_with_other_bytes_is_never_replaced(altitel, tmp_path):
    [row] = made("delta", DAY, altitel, flows=["cpn"]).files
    target = tmp_path / "exchange" / "ALTI" / row.name
    target.parent.mkdir(parents=True)
    target.write_text("somebody else’s")
    assert not handing.hand_over(row, altitel)
    row.refresh_from_db()
    assert row.problem.startswith("Un autre fichier nommé FIBJ_39_PM_CPN")
    assert target.read_text() == "somebody else’s"
    assert list(Path(target.parent).iterdir()) == [target]


def test_files_past_their_term_go_with_their_bytes(altitel):
    old = made("delta", D(2026, 10, 9), altitel, flows=["cpn"]).files[0]
    kept = made("full", DAY, altitel, flows=["cpn"]).files[0]
    long_ago = timezone.localdate() - dt.timedelta(days=800)
    PublishedFile.objects.filter(pk=old.pk).update(day=long_ago, first=long_ago)
    assert services.purge() == 1
    assert list(PublishedFile.objects.all()) == [kept]
    assert [row.pk for row in StoredFile.objects.all()] == [kept.stored_id]
    assert services.purge() == 0


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"ipe": False, "cpn": False}, "ipe"),
        ({"full": False, "delta": False, "histo": False}, "full"),
        ({"ztd": False, "zmd": False}, "ztd"),
        ({"communes": "39198 Dole"}, "communes"),
        ({"folder": "../etc"}, "folder"),
        ({"folder": "/etc"}, "folder"),
        ({"oi_code": "fi"}, "oi_code"),
    ],
)
def test_a_recipient_that_makes_no_sense_is_refused(altitel, data, field):
    before = Recipient.objects.values().get()
    with pytest.raises(ValidationError) as refusal:
        services.update_recipient(actor=SYSTEM, object=altitel, data=data)
    assert list(refusal.value.error_dict) == [field]
    assert Recipient.objects.values().get() == before
