"""Health, metrics, logs, settings: what machines read, and what strangers do not."""

import io
import json
import logging

import pytest
import structlog

from chappe.kit.access.actor import Actor
from chappe.kit.jobs.models import Worker
from chappe.kit.jobs.services import enqueue
from chappe.kit.ops import config, deploy, health, logs, reference
from tests.support import people

AWAY = {"REMOTE_ADDR": "203.0.113.9"}


def test_healthz_needs_no_database(client):
    answer = client.get("/healthz", **AWAY)
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.django_db
def test_readyz_tells_details_to_this_machine_only(client):
    assert client.get("/readyz", **AWAY).json() == {"ready": True}
    here = client.get("/readyz").json()
    assert {name: check["ok"] for name, check in here["checks"].items()} == {
        "database": True,
        "migrations": True,
        "data": True,
        "workers": False,
    }
    assert client.get("/readyz", HTTP_X_FORWARDED_FOR="203.0.113.9").json() == {"ready": True}
    Worker.objects.create(name="w", queues="quick")
    assert client.get("/readyz").json()["checks"]["workers"]["ok"] is True


@pytest.mark.django_db
def test_readyz_says_no_with_503(client, monkeypatch):
    monkeypatch.setattr(health, "CHECKS", (lambda: health.Check("database", False, "away"),))
    answer = client.get("/readyz", **AWAY)
    assert (answer.status_code, answer.json()) == (503, {"ready": False})


@pytest.mark.django_db
def test_a_data_folder_that_cannot_be_written_is_said(settings, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    settings.DATA = tmp_path / "file"
    assert health.data_folder().ok is False


@pytest.mark.django_db
def test_metrics_count_requests_jobs_and_files(client, monkeypatch):
    enqueue("jobs.purge", actor=Actor.system("test"))
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'chappe_jobs{queue="quick",state="queued"} 1.0' in text
    assert "chappe_files 0.0" in text
    assert 'chappe_http_requests_total{method="GET",route="ops:healthz",status="200"}' in text
    assert client.get("/metrics", **AWAY).status_code == 403
    monkeypatch.setenv("CHAPPE_METRICS_TOKEN", "open-sesame")
    assert client.get("/metrics", **AWAY, HTTP_AUTHORIZATION="Bearer wrong").status_code == 403
    assert client.get("/metrics", **AWAY, HTTP_AUTHORIZATION="Bearer open-sesame").status_code == 200


@pytest.mark.django_db
def test_unknown_addresses_are_one_route(client):
    for n in range(5):
        client.get(f"/nothing-{n}")
    text = client.get("/metrics").content.decode()
    assert "nothing-" not in text


@pytest.mark.django_db
def test_each_answer_has_a_number_and_a_good_one_is_kept(client):
    assert client.get("/healthz", HTTP_X_REQUEST_ID="abc-1")["X-Request-ID"] == "abc-1"
    assert client.get("/healthz", HTTP_X_REQUEST_ID="a b\n")["X-Request-ID"] != "a b\n"


@pytest.fixture
def log_lines():
    """Logs into a string; the former set-up is put back."""
    root = logging.getLogger()
    before, level, structured = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO()
    logs.configure(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers, root.level = before, level
    structlog.configure(**structured)


def test_logs_are_one_json_a_line_and_mask_secrets(log_lines):
    with structlog.contextvars.bound_contextvars(request="r1", job=7):
        structlog.get_logger("chappe.test").info("signed", password="hunter2", url="postgresql://u:hunter2@h/n")
    logging.getLogger("other").warning("from the %s", "library")
    first, second = log_lines()
    assert (first["event"], first["request"], first["job"], first["level"]) == ("signed", "r1", 7, "info")
    assert "hunter2" not in json.dumps(first)
    assert (second["event"], second["level"], second["logger"]) == ("from the library", "warning", "other")


def test_settings_say_where_they_come_from_and_hide_secrets(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s3cr3t-of-the-file\n")
    monkeypatch.setenv("CHAPPE_WORKERS", "7")
    monkeypatch.setenv("CHAPPE_METRICS_TOKEN_FILE", str(secret))
    rows = {row.name: row for row in reference.rows()}
    assert (rows["CHAPPE_WORKERS"].shown, rows["CHAPPE_WORKERS"].origin) == ("7", "environment")
    assert (rows["CHAPPE_METRICS_TOKEN"].shown, rows["CHAPPE_METRICS_TOKEN"].origin) == (reference.MASK, "secret-file")
    assert config.value("METRICS_TOKEN") == "s3cr3t-of-the-file"
    monkeypatch.setenv("CHAPPE_WORKERS", "many")
    assert "CHAPPE_WORKERS" in {r.name: r for r in reference.rows()}["CHAPPE_WORKERS"].fault


def test_the_reference_page_has_every_setting_and_no_value(monkeypatch):
    monkeypatch.setenv("CHAPPE_SECRET_KEY", "do-not-print-me")
    page = reference.settings_markdown("en")
    assert all(f"`CHAPPE_{setting.name}`" in page for setting in config.SETTINGS)
    assert "do-not-print-me" not in page


@pytest.mark.django_db
def test_the_page_is_for_administrators(client):
    client.force_login(people.make_bruno())
    assert client.get("/settings/").status_code in {403, 404}
    client.force_login(people.make_admin())
    answer = client.get("/settings/")
    assert answer.status_code == 200
    assert "CHAPPE_MAX_UPLOAD_MB" in answer.content.decode()


@pytest.mark.django_db
def test_check_names_what_is_dangerous(settings, monkeypatch):
    settings.DEBUG = True
    settings.SECRET_KEY = "short"
    severities = {sentence.split()[0].rstrip(":"): severity for severity, sentence in deploy.findings()}
    assert severities["CHAPPE_DEBUG"] == "error"
    assert severities["CHAPPE_SECRET_KEY"] == "error"
