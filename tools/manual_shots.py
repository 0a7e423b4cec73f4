"""Every picture of the manual, taken again from a demonstration made for it: ``make shots``.

    python tools/manual_shots.py [--data FOLDER] [--only usage-call accueil]

Fills a data folder of its own with the demonstration, starts Chappe on a free port of this machine, goes through the
pages as a French reader and stops what it started. Exits 1 when a page has faults or a picture is too heavy.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "manual" / "img"
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.support import browser as chrome  # noqa: E402 - needs the path above
from tools.png import lighter  # noqa: E402
from tools.shots import WIDTHS  # noqa: E402

WIDTH = 1440
HEAVIEST = 170_000  # bytes of one picture: a map of a town is the heaviest
PATIENCE_MS = 120_000  # the first explanation of a price compiles the rating engine


@dataclass(frozen=True)
class Shot:
    """Where a picture is taken, and what is done on the page before: pairs of a verb and what it is about."""

    path: str
    steps: Sequence[tuple[str, str]] = ()
    signed_in: bool = True
    by: int = 0  # rank among the people of the demonstration


CLERK = 1  # who bills for an operator
ROW = ("open", "tbody tr:first-child a[href^='/']")  # the detail page of the first row
SHOTS: dict[str, Shot] = {
    "connexion": Shot("/sign-in/", signed_in=False),
    "accueil": Shot("/"),
    "listes": Shot(
        "/usage/call/?scope=all&status=RATED&total_min=1",
        (("click", "#ch-columns summary, summary:has-text('Colonnes')"),),
    ),
    "clavier": Shot("/usage/batch/", (("press", "?"),)),
    "recherche": Shot("/usage/batch/", (("type", "gros"),)),
    "profil": Shot("/profile/"),
    "profil-totp": Shot("/profile/second-factor/"),
    "usage-call": Shot("/usage/call/"),
    "usage-call-detail": Shot("/usage/call/?scope=all&status=RATED&total_min=1", (ROW,)),
    "usage-batch": Shot("/usage/batch/"),
    "usage-batch-detail": Shot("/usage/batch/", (ROW,)),
    "usage-upload": Shot("/usage/upload/"),
    "usage-simulation": Shot("/usage/simulation/", (ROW,)),
    "usage-simulation-row": Shot("/usage/simulation-row/"),
    "usage-totals": Shot("/usage/totals/"),
    "usage-traffic": Shot("/usage/traffic/"),
    "usage-privacy": Shot("/usage/privacy/"),
    "usage-masking": Shot("/usage/masking/"),
    "usage-retention-rule": Shot("/usage/retention-rule/"),
    "collect-source": Shot("/collect/source/"),
    "collect-live": Shot("/collect/live/"),
    "collect-chunk": Shot("/collect/chunk/?scope=all"),
    "collect-raw": Shot("/collect/raw/", (("choose", "main select[name=source]"),)),
    "collect-raw-line": Shot(
        "/collect/raw/", (("choose", "main select[name=source]"), ("open", "main tbody a[href^='/']"))
    ),
    "collect-upload": Shot("/collect/upload/"),
    "collect-confirm": Shot("/collect/chunk/?scope=all&q=reprise", (ROW, ("open", "a[href$='/confirm/']"))),
    "collect-issue": Shot("/collect/issue/"),
    "collect-mend": Shot("/collect/mend/?source=centrex-altitel"),
    "collect-profile": Shot("/collect/profile/"),
    "collect-packaged": Shot("/collect/packaged/"),
    "collect-test": Shot("/collect/test/", (("paste", "examples/tickets/avaya-ip-office.txt"),)),
    "collect-wizard": Shot("/collect/mapping/", (("paste", "examples/tickets/operateur.csv"),)),
    "collect-alarm": Shot("/collect/alarm/?scope=all"),
    "collect-fetched": Shot("/collect/fetched/"),
    "collect-open-group": Shot("/collect/open-group/"),
    "customers-customer": Shot("/customers/customer/"),
    "customers-line": Shot("/customers/line/"),
    "customers-assignment": Shot("/customers/assignment/"),
    "customers-cost-centre": Shot("/customers/cost-centre/"),
    "customers-brand": Shot("/customers/brand/"),
    "customers-consent": Shot("/customers/consent/"),
    "customers-tree": Shot("/customers/tree/"),
    "billing-checklist": Shot("/billing/control/", by=CLERK),
    "billing-run": Shot("/billing/run/"),
    "billing-new-run": Shot("/billing/prepare/", by=CLERK),
    "billing-invoice": Shot("/billing/invoice/?scope=all"),
    "billing-invoice-calls": Shot("/billing/invoice/?scope=all&q=Garage", (ROW, ("open", "main a[href$='/calls/']"))),
    "billing-new-invoice": Shot("/billing/new/", by=CLERK),
    "billing-credit-lines": Shot(
        "/billing/invoice/?scope=issued",
        (ROW, ("open", "main a[href^='/billing/invoice/'][href$='/credit/']")),
        by=CLERK,
    ),
    "billing-line": Shot("/billing/line/"),
    "billing-parked": Shot("/billing/parked/"),
    "billing-product": Shot("/billing/product/"),
    "billing-price": Shot("/billing/price/"),
    "billing-bundle": Shot("/billing/bundle/"),
    "billing-purchase": Shot("/billing/purchase/"),
    "billing-discount": Shot("/billing/discount/"),
    "billing-commitment": Shot("/billing/commitment/"),
    "billing-series": Shot("/billing/series/"),
    "billing-series-year": Shot("/billing/series-year/"),
    "billing-journal": Shot("/billing/journal/"),
    "billing-verify": Shot("/billing/verify/"),
    "billing-archive": Shot("/billing/archive/"),
    "billing-new-archive": Shot("/billing/archive-period/"),
    "billing-margin": Shot("/billing/margin/"),
    "billing-law": Shot("/billing/law/"),
    "invoicing-production": Shot("/invoicing/production/?scope=all"),
    "invoicing-send": Shot(
        "/invoicing/production/?scope=all",
        (ROW, ("open", "main a[href^='/billing/invoice/']"), ("open", "main a[href$='/send/']")),
    ),
    "invoicing-layout": Shot("/invoicing/layout/", (("wait", "main img"),)),
    "invoicing-deposit": Shot("/invoicing/deposit/"),
    "invoicing-report": Shot("/invoicing/report/"),
    "invoicing-report-layout": Shot("/invoicing/report-layout/"),
    "payments-payment": Shot("/payments/payment/"),
    "payments-split": Shot("/payments/payment/?scope=all", (ROW, ("open", "main a[href$='/split/']")), by=CLERK),
    "payments-split-movement": Shot(
        "/payments/movement/?scope=all", (ROW, ("open", "main a[href$='/split/']")), by=CLERK
    ),
    "payments-allocation": Shot("/payments/allocation/"),
    "payments-unpaid": Shot("/payments/unpaid/"),
    "payments-account": Shot("/payments/unpaid/", (("open", "main a[href^='/payments/account/']"),)),
    "payments-statement": Shot("/payments/statement/"),
    "payments-bank-layout": Shot("/payments/bank-layout/", by=CLERK),
    "payments-movement": Shot("/payments/movement/?scope=all"),
    "payments-upload": Shot("/payments/upload/"),
    "payments-mandate": Shot("/payments/mandate/"),
    "payments-version": Shot("/payments/version/"),
    "payments-collection": Shot("/payments/collection/?scope=all"),
    "payments-debit": Shot("/payments/debit/?scope=all"),
    "payments-reminder": Shot("/payments/reminder/"),
    "payments-level": Shot("/payments/level/"),
    "mail-message": Shot("/mail/message/?scope=all"),
    "mail-report": Shot("/mail/report/"),
    "mail-test": Shot("/mail/test/"),
    "reports-home": Shot("/reports/"),
    "reports-show": Shot("/reports/show/cumul-par-client/"),
    "reports-export": Shot("/reports/show/synthese-12-mois/"),
    "reports-report": Shot("/reports/report/"),
    "reports-run": Shot("/reports/run/"),
    "reports-schedule": Shot("/reports/schedule/"),
    "reports-version": Shot("/reports/version/"),
    "reports-new": Shot("/reports/new/"),
    "reports-edit": Shot("/reports/edit/tableau-des-factures/"),
    "mail-message-detail": Shot("/mail/message/?scope=all&q=F2026", (ROW,)),
    "payments-collection-detail": Shot("/payments/collection/?scope=all", (ROW,)),
    "payments-mandate-detail": Shot("/payments/mandate/?scope=all", (ROW,)),
    "payments-payment-detail": Shot("/payments/payment/?scope=all", (ROW,)),
    "payments-reminder-detail": Shot("/payments/reminder/1/"),
    "payments-statement-detail": Shot("/payments/statement/?scope=all", (ROW,)),
    "publication-home": Shot("/publication/"),
    "publication-make": Shot("/publication/make/"),
    "publication-file": Shot("/publication/file/"),
    "publication-recipient": Shot("/publication/recipient/", (ROW,)),
    "cartography-map": Shot("/cartography/?pm=FI-39198-0001#map=16.8/47.0757/5.5008", (("wait", "#mp-panel h2"),)),
    "network-prdm": Shot("/network/prdm/"),
    "network-pm": Shot("/network/pm/", (ROW,)),
    "network-link": Shot("/network/link/"),
    "network-pbo": Shot("/network/pbo/"),
    "network-building": Shot("/network/building/"),
    "network-pto": Shot("/network/pto/"),
    "ipe-anomalies": Shot("/exchange/file/?scope=all&q=ARBOIS", (ROW, ("open", "main a[href*='/anomalies/']"))),
    "ipe-plan": Shot("/exchange/file/?scope=all&q=ARBOIS", (ROW, ("open", "main a[href*='/plan/']"))),
    "ipe-compare": Shot("/ipe/compare/?from=2020-01-01&to=2099-12-31&field=state"),
    "ipe-quality": Shot("/ipe/quality/"),
    "ipe-layout": Shot("/ipe/layout/"),
    "network-module": Shot("/network/module/"),
    "network-position": Shot("/network/position/"),
    "network-cable": Shot("/network/cable/", (ROW,)),
    "network-fibre": Shot("/network/fibre/"),
    "network-splice": Shot("/network/splice/"),
    "network-route": Shot("/network/route/", (ROW,)),
    "network-change": Shot("/network/change/"),
    "watch-alert": Shot("/watch/alert/?scope=all"),
    "watch-rule": Shot("/watch/rule/?scope=all"),
    "watch-prefix": Shot("/watch/prefix/"),
    "watch-packaged": Shot("/watch/packaged/"),
    "watch-trial": Shot("/watch/trial/"),
    "tariffs-plan": Shot("/tariffs/plan/"),
    "tariffs-plan-detail": Shot("/tariffs/plan/?q=PRO", (ROW,)),
    "tariffs-version": Shot("/tariffs/version/"),
    "tariffs-version-detail": Shot("/tariffs/version/?q=CGR-2012", (ROW,)),
    "tariffs-load": Shot("/tariffs/load/"),
    "tariffs-preview": Shot("/tariffs/load/", (("send", "examples/tariffs/price-list/TARIF_PRO_2026.csv"),)),
    "tariffs-row": Shot("/tariffs/row/?scope=active"),
    "tariffs-fault": Shot("/tariffs/fault/"),
    "tariffs-search": Shot("/tariffs/search/?q=4917612345"),
    "tariffs-compare": Shot("/tariffs/version/?q=PRO", (ROW, ("click", ".acts :is(a, button):has-text('Comparer')"))),
    "tariffs-explain": Shot("/tariffs/explain/", (("click", "main button[type=submit]"),)),
    "network-gracethd": Shot("/exchange/file/?scope=all&q=gracethd", (ROW,)),
    "exchange-file": Shot("/exchange/file/?scope=all"),
    "exchange-file-detail": Shot("/exchange/file/?scope=all&q=damaged", (ROW,)),
    "exchange-upload": Shot("/exchange/upload/"),
    "exchange-kind": Shot("/exchange/file/?scope=all&q=operators.csv", (ROW, ("open", "a[href$='/kind/']"))),
    "exchange-issue": Shot("/exchange/issue/"),
    "exchange-change": Shot("/exchange/change/"),
    "parties-operator": Shot("/parties/operator/"),
    "parties-operator-detail": Shot("/parties/operator/", (ROW,)),
    "parties-contact": Shot("/parties/contact/"),
    "parties-commune": Shot("/parties/commune/"),
    "parties-protocol": Shot("/parties/protocol/"),
    "access-user": Shot("/access/user/"),
    "access-role": Shot("/access/role/", (ROW,)),
    "access-attempt": Shot("/access/attempt/"),
    "access-session": Shot("/access/session/"),
    "jobs-job": Shot("/jobs/job/?scope=all"),
    "jobs-job-detail": Shot("/jobs/job/?scope=all&q=ALTITEL", (ROW,)),
    "jobs-schedule": Shot("/jobs/schedule/"),
    "documents-file": Shot("/documents/file/"),
    "audit-entry": Shot("/audit/entry/"),
    "api-key": Shot("/api/key/?scope=all"),
    "api-new-key": Shot("/api/key/new/"),
    "api-docs": Shot("/api/v1/docs/", (("wait", ".opblock-tag"),)),
    "ops-settings": Shot("/settings/"),
}


def act(page: Any, verb: str, about: str) -> None:
    """One step on a page, as a reader does it."""
    from chappe.web.demo.plans import changed

    match verb:
        case "open":
            page.goto(urljoin(page.url, page.locator(about).first.get_attribute("href")))
        case "click":
            page.locator(about).first.click()
        case "press":
            page.keyboard.press(about)
        case "send":
            prices = changed((ROOT / about).read_text("utf-8"), Decimal("1.35"), Decimal("0.8"))
            page.set_input_files(
                "input[type=file]", [{"name": "TARIF_PRO.csv", "mimeType": "text/csv", "buffer": prices.encode()}]
            )
            plan = page.locator("select[name=plan] option", has_text="PRO").first.get_attribute("value")
            page.select_option("select[name=plan]", plan)
            page.locator("main button[type=submit]").first.click()
            page.wait_for_load_state()
        case "choose":
            options = page.locator(about).first.locator("option:not([value=''])")
            page.locator(about).first.select_option(options.first.get_attribute("value"))
            page.locator(f"form:has({about.removeprefix('main ')}) [type=submit]").first.click()
            page.wait_for_load_state()
        case "paste":
            page.locator("main textarea:visible").first.fill((ROOT / about).read_text("utf-8", errors="replace")[:2000])
            page.locator("main button[type=submit]").first.click()
            page.wait_for_load_state()
        case "wait":
            page.locator(about).first.wait_for()
        case "type":
            page.locator("input[type=search]").first.press_sequentially(about, delay=20)
            page.wait_for_timeout(1200)
        case _:
            raise ValueError(verb)
    chrome.settled(page)


def take(base: str, names: Sequence[str], people: Sequence[str], password: str) -> list[str]:
    """The pictures of ``names``; answers what was wrong, one sentence each."""
    problems: list[str] = []
    os.environ["LANGUAGE"] = "fr"  # how Chromium writes its own date fields, where chromium-l10n is installed
    with chrome.browser() as started:
        for user in (None, *range(len(people))):
            wanted = [name for name in names if user == (SHOTS[name].by if SHOTS[name].signed_in else None)]
            if not wanted:
                continue
            context = started.new_context(
                base_url=base, viewport=WIDTHS[WIDTH], device_scale_factor=1, locale="fr-FR", timezone_id="Europe/Paris"
            )
            context.set_default_timeout(PATIENCE_MS)
            page = chrome.watched(context.new_page(), problems)
            if user is not None:
                chrome.sign_in(page, lambda path: urljoin(base, path), people[user], password)
            blank = context.new_page()
            for name in wanted:
                problems += one(page, blank, name)
            context.close()
    return problems


def one(page: Any, blank: Any, name: str) -> list[str]:
    """One picture. A step that finds nothing to act upon is a fault, and the picture is not taken."""
    from playwright.sync_api import Error

    shot, target = SHOTS[name], FOLDER / f"{name}.png"
    try:
        answer = page.goto(shot.path)
        chrome.settled(page)
        if answer is not None and answer.status >= 400:
            return [f"{name}: {shot.path} answers {answer.status}"]
        for verb, about in shot.steps:
            act(page, verb, about)
    except Error as error:
        return [f"{name}: {str(error).splitlines()[0]}"]
    target.write_bytes(lighter(blank, page.screenshot()))
    size = target.stat().st_size
    return [f"{name}: {size:,} bytes, over {HEAVIEST:,}"] if size > HEAVIEST else []


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="data folder to fill and keep; by default one that is thrown away")
    parser.add_argument("--only", nargs="+", default=list(SHOTS), choices=list(SHOTS), metavar="NAME")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chappe-shots-") as thrown_away:
        os.environ["CHAPPE_DATA"] = str(options.data or thrown_away)
        os.environ["DJANGO_SETTINGS_MODULE"] = "chappe.web.settings"
        import django

        django.setup()
        from chappe.web.demo import run
        from chappe.web.demo.build import LOGINS, PASSWORD

        run.prepare(lambda step, **holes: print(step.format(**holes), flush=True))
        from django.db import connections

        connections.close_all()  # Playwright runs a loop in this thread, where Django refuses its database
        with run.serving("127.0.0.1", run.free_port("127.0.0.1", 0)) as base:
            problems = take(base, options.only, [login.name for login in LOGINS], PASSWORD)
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
