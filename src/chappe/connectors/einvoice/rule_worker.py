"""One process that runs the official rules: ``python -m chappe.connectors.einvoice.rule_worker``.

Saxon lives here and nowhere else: a native library that may abort takes this process with it, never a web server or
a job. Each rule file is compiled once. On stdin: a JSON line ``{"size": n, "syntax": …, "sets": […]}`` and n bytes of
XML; on stdout: a JSON line with the broken rules. Ends when stdin closes, so that it never outlives its parent.
"""

import json
import sys
from pathlib import Path
from typing import IO, Any

from lxml import etree

from chappe.connectors.einvoice.rule_files import path_of
from chappe.connectors.einvoice.rule_tuning import compiled

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
WARNINGS = frozenset({"warning", "information", "info"})


class Rules:
    """Compiled rule files of one Saxon processor."""

    def __init__(self) -> None:
        from saxonche import PySaxonProcessor  # the native engine, in this process only

        self.processor = PySaxonProcessor(license=False)
        self.compiler = self.processor.new_xslt30_processor()
        self.compiled: dict[Path, Any] = {}

    def run(self, syntax: str, sets: list[str], xml: bytes) -> dict[str, Any]:
        """Broken rules of each set, with how many were tried; ``skipped``: the sets that do not apply."""
        node = self.processor.parse_xml(xml_text=xml.decode("utf-8"))
        broken: list[dict[str, Any]] = []
        skipped, fired = [], 0
        for name in sets:
            path = path_of(syntax, name)
            if path is None:
                skipped.append(name)
                continue
            if path not in self.compiled:
                self.compiled[path] = compiled(self.processor, self.compiler, path)
            report = self.compiled[path].transform_to_string(xdm_node=node)
            if report is None:
                raise RuntimeError(self.compiled[path].error_message or "no report")
            tried, found = read_report(report)
            fired += tried
            broken += [{**row, "set": name} for row in found]
        return {"broken": broken, "skipped": skipped, "fired": fired}


def read_report(report: str) -> tuple[int, list[dict[str, Any]]]:
    """How many rules were tried, and those that failed, in an SVRL report."""
    tree = etree.fromstring(report.encode("utf-8"))
    fired, found = 0, []
    for element in tree:
        if element.tag == SVRL + "fired-rule":
            fired += 1
        elif element.tag in {SVRL + "failed-assert", SVRL + "successful-report"}:
            text = "".join(element.itertext())
            found.append(
                {
                    "rule": element.get("id") or _number(text),
                    "text": " ".join(text.split()),
                    "warning": (element.get("flag") or element.get("role") or "") in WARNINGS,
                    "place": element.get("location", ""),
                }
            )
    return fired, found


def _number(text: str) -> str:
    """The number that stands in brackets at the head of a rule's text, when it has no id."""
    head = text.strip().partition("]")[0]
    return head[1:] if head.startswith("[") else ""


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer until the source ends."""
    rules = Rules()
    while line := source.readline():
        asked = json.loads(line)
        xml = source.read(asked["size"])
        try:
            answer = rules.run(asked["syntax"], asked["sets"], xml)
        except Exception as error:  # noqa: BLE001 - whatever the engine says is told to the parent, and the worker goes on
            answer = {"failed": f"{type(error).__name__}: {error}"[:500]}
        target.write(json.dumps(answer).encode() + b"\n")
        target.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
