"""Pictures of a running Chappe at 1440 and 390 pixels, for the manual and for the eye.

    python tools/shots.py http://127.0.0.1:8000 build/shots --user alice --password … --paths / /parties/operator/

Signs in through the real form, waits for fonts and charts, and exits 1 when a page has faults (errors in its
console, 5xx, a missing static file) after taking every picture. Touches nothing but the output folder.
"""

import argparse
import re
import sys
from pathlib import Path
from urllib.parse import urljoin

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import browser as chrome  # noqa: E402 - needs the path above

WIDTHS = {1440: chrome.DESKTOP, 390: chrome.PHONE}


def file_name(path: str, width: int) -> str:
    """``/usage/call/?page=2`` at 390 → ``usage-call-page-2.390.png``; the home page is ``home``."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', path).strip('-') or 'home'}.{width}.png"


def take(base: str, folder: Path, options: argparse.Namespace) -> list[str]:
    """Take every picture; returns the faults that the pages had."""
    problems: list[str] = []
    with chrome.browser() as started:
        for width in options.widths:
            context = started.new_context(
                base_url=base,
                viewport=WIDTHS[width],
                is_mobile=width < 900,
                device_scale_factor=2 if width < 900 else 1,
                locale="fr-FR" if options.language == "fr" else "en-GB",
                timezone_id="Europe/Paris",
            )
            page = chrome.watched(context.new_page(), problems)
            if options.user:
                chrome.sign_in(page, lambda path: urljoin(base, path), options.user, options.password, options.sign_in)
            for path in options.paths:
                page.goto(path)
                chrome.settled(page)
                page.screenshot(path=folder / file_name(path, width), full_page=options.full)
            context.close()
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("base", help="address of the running site")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--sign-in", default="/sign-in/", help="path of the sign-in page")
    parser.add_argument("--paths", nargs="+", default=["/"])
    parser.add_argument("--widths", nargs="+", type=int, default=list(WIDTHS), choices=list(WIDTHS))
    parser.add_argument("--language", choices=["fr", "en"], default="fr")
    parser.add_argument("--full", action="store_true", help="the whole page, not the first screen")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        problems = take(options.base, options.folder, options)
    except RuntimeError as error:
        print(f"Shots: {error}", file=sys.stderr)
        return 1
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
