"""Pages of files received, of the comparison, of the quality and of layouts; CPN; damaged files; a worker killed."""

import json
import logging
import signal
import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chappe.apps.exchange import services
from chappe.apps.exchange.models import ReceivedFile, State
from chappe.apps.ipe import comparison, layouts
from chappe.apps.ipe.models import LayoutCopy, QualityLook, QualityScore
from chappe.apps.network.models import Building, Change, Pm, PmLink, Prdm
from chappe.apps.parties.models import Commune
from chappe.kit.jobs.models import Job
from chappe.kit.jobs.runner import run_pending
from chappe.kit.jobs.services import enqueue
from tests.apps.ipe.conftest import PM, SYSTEM, applied, imb, send, text_of, undone
from tests.core.interop.support import V30

LATER = "TELE_39_PM_IPEZMD_V30_20261101_01.csv"
CPN = "ReferencePM;TypePM;EtatPM;ReferencePRDM;TypePRDM;EtatPRDM;EtatLienPMPRDM;LongueurLienPMPRDM;NombreFibresDisponiblesLien;NombreLogementsMiniPM\n"


def text(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


@pytest.mark.django_db
def test_pages_of_a_file(client, alice):
    client.force_login(alice)
    applied(text_of(imb(1, **PM), imb(2)))
    file = send(
        text_of(
            imb(1, **PM, NombreLogementsAdresseIPE="9"), imb(2, EtatImmeuble="?"), imb(3, DateCablageAdresse="hier")
        ),
        LATER,
    )
    page = text(client, f"/exchange/file/{file.pk}/")
    assert f"/ipe/file/{file.pk}/anomalies/?code=interop.value" in page
    assert f"/ipe/file/{file.pk}/plan/" in page
    assert "is not a date" in text(client, f"/ipe/file/{file.pk}/anomalies/")
    assert "interop.date" not in text(client, f"/ipe/file/{file.pk}/anomalies.csv?severity=error")
    assert "IMB-3" not in text(client, f"/ipe/file/{file.pk}/plan/?kind=update")
    assert "IMB-3" in text(client, f"/ipe/file/{file.pk}/plan/?q=IMB-3")
    assert "interop.value" in text(client, f"/ipe/file/{file.pk}/anomalies.csv?code=interop.value")
    assert "dwellings" in text(client, f"/exchange/file/{file.pk}/plan.csv")
    rejects = text(client, f"/exchange/file/{file.pk}/rejects.csv").splitlines()
    assert (len(rejects), rejects[0].startswith("IdentifiantImmeuble;"), rejects[1].startswith("IMB-2;")) == (
        2,
        True,
        True,
    )
    mended = send(text_of(imb(2, NombreLogementsAdresseIPE="4")), "mended.csv", mends=file)
    assert (mended.plan["update"], mended.intake.form) == (1, "delta")


@pytest.mark.django_db
def test_two_files_and_two_days_are_compared(client, alice):
    client.force_login(alice)
    first = applied(text_of(imb(1), imb(2)))
    second = applied(text_of(imb(1, NombreLogementsAdresseIPE="8"), imb(3)), LATER)
    url = comparison.url(first.intake.pk, second.intake.pk)
    page = text(client, url)
    for said in ("IMB-1", "IMB-2", "IMB-3"):
        assert said in page
    assert "tells only what changed" not in page
    delta = send(text_of(imb(3, NombreLogementsAdresseIPE="9")), LATER, form="delta")
    assert "tells only what changed" in text(client, comparison.url(second.intake.pk, delta.intake.pk))
    assert "IMB-2" not in text(client, url + "&event=MODIFICATION")
    lines = text(client, url.replace("/compare/?", "/compare.csv?") + "&field=dwellings").splitlines()
    assert lines[1] == "IMB-1;MODIFICATION;dwellings;3;8;2026-10-31"
    for _twice in range(2):
        enqueue("ipe.compare", actor=SYSTEM, before=first.intake.pk, after=second.intake.pk)
        run_pending()
    assert set(Job.objects.filter(name="ipe.compare").values_list("state", flat=True)) == {"done"}
    day = Change.objects.first().day.isoformat()
    days = text(client, f"/ipe/compare/?from={day}&to={day}&field=dwellings")
    assert LATER in days
    assert "IMB-2" not in days


@pytest.mark.django_db
def test_quality_is_a_score_with_the_rows_to_mend(client, alice):
    client.force_login(alice)
    for insee, east, north in (("39198", 5.49, 47.09), ("39300", 5.55, 46.67)):
        Commune.objects.create(insee=insee, name=insee, postal_codes="39000", longitude=east, latitude=north)
    dole = {
        "CoordonneeImmeubleX": "889739,99",
        "CoordonneeImmeubleY": "6666932,82",
        "TypeProjectionGeographique": "RGF93",
    }
    applied(text_of(imb(1, **PM, **dole), imb(2, EtatImmeuble="SIGNE"), imb(3, CodeInseeImmeuble="39300", **dole)))
    for _twice in range(2):
        enqueue("ipe.quality", actor=SYSTEM)
        run_pending()
    assert QualityLook.objects.count() == 1
    scores = QualityScore.objects.order_by("kind", "reference").values_list(
        "kind", "reference", "buildings", "faulty", "score"
    )
    assert list(scores) == [
        ("commune", "39198", 2, 1, 50.0),
        ("commune", "39300", 1, 1, 0.0),
        ("pm", "FI-39198-0001", 1, 0, 100.0),
    ]
    worst = QualityScore.objects.get(reference="39198")
    assert worst.codes == {"ipe.signed": 1}
    assert QualityScore.objects.get(reference="39300").codes == {"ipe.far-from-commune": 1}
    assert "IMB-2" in text(client, f"/ipe/quality/{worst.pk}/")
    assert "IMB-2" in text(client, f"/ipe/quality/{worst.pk}/mend.csv")


@pytest.mark.django_db
def test_a_layout_is_corrected_tried_activated_and_taken_back(client, alice):
    client.force_login(alice)
    usual = layouts.packaged_text("ipe")
    with pytest.raises(ValidationError, match="cannot be used"):
        layouts.COPIES.create(actor=SYSTEM, data={"flow": "ipe", "note": "x", "text": "columns = 3"})
    with pytest.raises(ValidationError, match="told apart"):
        layouts.COPIES.create(
            actor=SYSTEM, data={"flow": "ipe", "note": "x", "text": usual.replace('field = "state"', 'field = "etat"')}
        )
    assert LayoutCopy.objects.count() == 0
    corrected = usual.replace('aliases = ["EtatAdresse"]', 'aliases = ["EtatAdresse", "Situation"]')
    copy = layouts.COPIES.create(actor=SYSTEM, data={"flow": "ipe", "note": "Situation", "text": corrected})
    content = text_of(imb(1), names=["Situation" if name == "EtatImmeuble" else name for name in V30])
    assert send(content).state in {"refused", "quarantined"}
    assert "Situation" in text(client, f"/ipe/layout/{copy.pk}/")
    sent = send(text_of(imb(2)), LATER)
    assert "63" in text(client, f"/ipe/layout/{copy.pk}/preview/?file={sent.pk}")
    layouts.COPIES.activate(actor=SYSTEM, copy=copy)
    assert send(content + "\n").state == "planned"
    with pytest.raises(ValidationError, match="kept for the history"):
        layouts.COPIES.delete(actor=SYSTEM, object=copy)
    layouts.COPIES.retire(actor=SYSTEM, copy=copy)
    assert "Situation" not in layouts.layout_of("ipe").by_fold()


@pytest.mark.django_db
def test_a_cpn_makes_prdm_pm_and_links_and_goes_again():
    rows = "FI-1;PMR;DEPLOYE;PRDM-1;PON;DEPLOYE;DEPLOYE;1200,5;12;300\nFI-2;PM;PLANIFIE;PRDM-1;PON;DEPLOYE;PLANIFIE;;;300\n"
    file = applied(CPN + rows, "TELE_39_PM_CPN_V30_20261101_01.csv")
    assert (file.kind, file.plan["create"]) == ("cpn", 5)
    assert Prdm.objects.get().min_dwellings == 300
    links = PmLink.objects.order_by("pm__reference").values_list(
        "pm__reference", "prdm__reference", "state", "length", "fibres_free"
    )
    assert list(links) == [("FI-1", "PRDM-1", "DEPLOYE", 1200.5, 12), ("FI-2", "PRDM-1", "PLANIFIE", None, None)]
    assert Change.objects.filter(thing="link", event="CREATION").count() == 2
    after = send(CPN + rows.replace("PLANIFIE;;;", "DEPLOYE;900;2;"), "TELE_39_PM_CPN_V30_20261102_01.csv")
    assert (after.plan["create"], after.plan["update"]) == (0, 1)
    assert undone(file).state == "undone"
    assert (Prdm.objects.count(), Pm.objects.count(), PmLink.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cuts=st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=12)), min_size=1, max_size=6))
def test_a_damaged_file_never_crashes_and_never_half_applies(cuts):
    raw = bytearray(text_of(*(imb(n, **PM) for n in range(1, 12))).encode())
    for place, piece in cuts:
        raw[place : place + len(piece)] = piece
    Building.objects.all().delete()
    Pm.objects.all().delete()
    file = send(bytes(raw) or b"\n")
    assert file.state in {"planned", "refused", "quarantined"}, (file.state, file.verdict)
    assert (Building.objects.count(), Pm.objects.count()) == (0, 0)
    if file.state == "planned":
        services.apply(actor=SYSTEM, file=file)
        run_pending()
        file.refresh_from_db()
        assert file.state == "applied", file.verdict
        assert Building.objects.count() + Pm.objects.count() == file.plan["create"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_applies_leaves_nothing_half_done(workers):
    file = send(text_of(*(imb(n, **PM) for n in range(1, 801))))
    assert file.state == "planned"
    services.apply(actor=SYSTEM, file=file)
    # between what it wrote of the second table and the journal of it
    first = workers.start(dies_at="chappe.apps.ipe.writing:tell_made:2")
    assert first.wait(120) == -signal.SIGKILL, workers.logs()[-3000:]
    assert (ReceivedFile.objects.get(pk=file.pk).state, Building.objects.count()) == (State.APPLYING, 0)
    assert Pm.objects.count() == 0
    until(lambda: run_pending() >= 0 and ReceivedFile.objects.get(pk=file.pk).state == State.APPLIED)
    assert (Building.objects.count(), Pm.objects.count()) == (800, 1)
    assert Change.objects.filter(event="CREATION").count() == 801


def until(condition, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.django_db
def test_the_command_line_plans_then_applies(tmp_path, capsys, monkeypatch):
    from chappe.cli import ipe

    path = tmp_path / "TELE_39_PM_IPEZMD_V30_20261031_01.csv"
    path.write_text(text_of(imb(1), imb(2, EtatImmeuble="?")))
    monkeypatch.setattr("chappe.kit.ops.logs.configure", lambda: None)
    assert ended(lambda: ipe._check("ipe", path, False, None)) == 1
    assert f"{path.name}:3:13 error interop.value" in capsys.readouterr().out
    given = {"form": "", "oi_code": "", "absent": "keep"}
    assert ended(lambda: ipe._import("ipe", path, given, apply=False, force=False, as_json=False)) == 1
    assert Building.objects.count() == 0
    capsys.readouterr()
    path.write_text(text_of(imb(1), imb(2)))
    with capture_logs():  # they go to the terminal's other stream, which this test has not set up
        assert ended(lambda: ipe._import("ipe", path, given, apply=True, force=False, as_json=True)) == 0
    assert logging.getLogger("chappe").level == logging.NOTSET  # quiet for the time of a command only
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["plan"]["create"], Building.objects.count()) == ("applied", 2, 2)
    other = tmp_path / "b.csv"
    other.write_text(text_of(imb(1, NombreLogementsAdresseIPE="4"), imb(2)))
    assert ended(lambda: ipe._diff("ipe", path, other, False, None)) == 1
    assert "IMB-1\tMODIFICATION\tdwellings\t3\t4" in capsys.readouterr().out


def ended(act) -> int:
    import typer

    with pytest.raises((typer.Exit, SystemExit)) as found:
        act()
    return int(getattr(found.value, "exit_code", getattr(found.value, "code", 0)))
