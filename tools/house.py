"""The house rules that no linter knows: length of files and functions, words that must not appear.

Exits 1 with one line a fault. Exceptions stand in EXCEPTIONS, each with its reason, and fail when stale.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE = 500
MAX_FUNCTION = 40
#: path[:function] → why it may be longer
EXCEPTIONS: dict[str, str] = {}


def measured() -> dict[str, int]:
    """Every file and function over its limit, with its length."""
    over: dict[str, int] = {}
    for path in sorted(
        [
            *(ROOT / "src").rglob("*.py"),
            *(ROOT / "src").rglob("*.html"),
            *(ROOT / "src").rglob("*.css"),
            *(ROOT / "src").rglob("*.js"),
        ]
    ):
        if "vendor" in path.parts or "node_modules" in path.parts or "migrations" in path.parts:
            continue
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text("utf-8")
        lines = text.count("\n")
        if lines > MAX_FILE:
            over[name] = lines
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or 0) - node.lineno + 1 - _docstring(node)
                    if length > MAX_FUNCTION:
                        over[f"{name}:{node.name}"] = length
    return over


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the docstring: saying what a function does must not make it too long."""
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return (first.end_lineno or 0) - first.lineno + 1
    return 0


def main() -> int:
    over = measured()
    faults = [f"{name}: {length} lines: is a room missing?" for name, length in over.items() if name not in EXCEPTIONS]
    faults += [f"{name}: no longer too long, drop its exception" for name in EXCEPTIONS if name not in over]
    print(*faults, sep="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
