"""The table of quirks names a test for each: it must be there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "docs" / "contributing" / "pbx-quirks.md"
ROW = re.compile(r"^\| (?P<quirk>[^|]+) \| `(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)` \|$", re.MULTILINE)


def test_every_quirk_of_the_table_has_its_test():
    text = TABLE.read_text(encoding="utf-8")
    rows = [row.groupdict() for row in ROW.finditer(text)]
    assert len(rows) == sum(line.startswith("| ") for line in text.splitlines()) - text.count("| Quirk | Test |")
    assert len(rows) >= 60
    missing = [row for row in rows if f"def {row['test']}(" not in (ROOT / row["file"]).read_text(encoding="utf-8")]
    assert missing == []
