"""The official rule files, rewritten where their form costs time and their meaning does not change.

A compiled Schematron walks the whole invoice once for each of its sixty patterns, node by node, and the Factur-X rules
read their list of codes from the disk and search it from end to end at each of 59 checks. Here a pattern goes straight to
the nodes that it is about, and the codes are read once and indexed: a third of the time. At the head of each pattern
stands one more walk, of templates without a mode, where these files have none but the one that drops text: it is left
out (another half). Each rewriting is mechanical, made only where the text has exactly the expected form, and a test
compares the reports of the tuned and of the untouched files on good and on broken invoices.
"""

import re
from pathlib import Path
from typing import Any

from lxml import etree

XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_CODES = re.compile(r"document\('([\w.-]+_codedb\.xml)'\)/codedb/cl\[@id=(\d+)\]/enumeration\[@value=(\$\w+)\]")
_DOCUMENT = re.compile(r"document\('([^']+)'\)")
_MODE = re.compile(r"M\d+\Z")
_NO_SUCH = re.compile(r"current\(\)|\bkey\(|\bid\(|@[\w:*]+\s*(\||\Z)|text\(\)\s*(\||\Z)")
DEFAULTS = frozenset({"text()", "@*|node()"})


def compiled(processor: Any, compiler: Any, path: Path, *, tune: bool = True) -> Any:
    """The rule file, compiled by Saxon, tuned when it can be."""
    text = path.read_text("utf-8")
    names = set(_DOCUMENT.findall(text))
    if not tune or names != {name for name, _id, _value in _CODES.findall(text)} or len(names) > 1:
        return compiler.compile_stylesheet(stylesheet_file=str(path))
    ready = compiler.compile_stylesheet(stylesheet_text=tuned(text))
    if names:
        ready.set_parameter("chappe-codes", processor.parse_xml(xml_file_name=str(path.parent / names.pop())))
    return ready


def tuned(text: str) -> str:
    """The same rules, said so that they run faster."""
    text, found = _CODES.subn(r"key('chappe-code', concat('\2|', \3), $chappe-codes)", text)
    tree = etree.fromstring(text.encode("utf-8"))
    if found:
        _add_codes(tree)
    modes: dict[str, list[etree._Element]] = {}
    for template in tree.iterfind(f"{XSL}template[@mode]"):
        if _MODE.match(template.get("mode", "")):
            modes.setdefault(template.get("mode", ""), []).append(template)
    for mode, templates in modes.items():
        _go_straight(tree, mode, templates)
    _stand_still(tree)
    for output in tree.iterfind(f"{XSL}output"):
        output.set("indent", "no")
    return etree.tostring(tree, encoding="unicode")


def _add_codes(tree: etree._Element) -> None:
    key = etree.Element(
        f"{XSL}key", {"name": "chappe-code", "match": "enumeration", "use": "concat(../@id, '|', @value)"}
    )
    tree.insert(0, etree.Element(f"{XSL}param", {"name": "chappe-codes"}))
    tree.insert(1, key)


def _stand_still(tree: etree._Element) -> None:
    """Leave out the walks without a mode, when nothing answers them: no template but the root's and an empty one for text."""
    for template in tree.iterfind(f"{XSL}template[@match]"):
        silent = template.get("match") == "text()" and not len(template) and not (template.text or "").strip()
        if template.get("mode") is None and template.get("match") != "/" and not silent:
            return
    for walk in tree.findall(f".//{SVRL}active-pattern/{XSL}apply-templates"):
        if not walk.attrib and (parent := walk.getparent()) is not None:
            parent.remove(walk)


def _go_straight(tree: etree._Element, mode: str, templates: list[etree._Element]) -> None:
    """One pattern: apply its rules to the nodes that they match, instead of walking to find them."""
    rules = [template for template in templates if template.get("match") not in DEFAULTS]
    starts = tree.findall(f".//{XSL}apply-templates[@mode='{mode}'][@select='/']")
    walks = [
        call
        for call in tree.iterfind(f".//{XSL}apply-templates[@mode='{mode}']")
        if call.get("select") in {"*", "@*|*", "*|comment()|processing-instruction()"}
    ]
    matches = [template.get("match", "") for template in rules]
    calls = len(tree.findall(f".//{XSL}apply-templates[@mode='{mode}']"))
    if len(starts) != 1 or calls != len(starts) + len(walks) or any(_NO_SUCH.search(text) for text in matches):
        return
    paths = [path if path.startswith("/") else f"//{path}" for text in matches for path in alternatives(text)]
    for call in walks:
        parent = call.getparent()
        if parent is not None:
            parent.remove(call)
    if paths:
        starts[0].set("select", " | ".join(paths))


def alternatives(pattern: str) -> list[str]:
    """The parts of a match pattern parted by ``|``, not those inside brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for sign in pattern:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "[(":
            depth += 1
        elif sign in "])":
            depth -= 1
        elif sign == "|" and not depth:
            parts.append("")
            continue
        parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]
