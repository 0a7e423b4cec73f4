"""The official rule files, rewritten where their form costs time and their meaning does not change.

The Factur-X rules read their list of codes from the disk and search it from end to end at each of 59 checks, and walk
every attribute in each of 66 passes though no rule is about an attribute. Read once, indexed, and walked by elements,
they take less than half the time. Each rewriting is mechanical and made only where the text is as expected; a test
compares the reports of the tuned and of the untouched files on good and on broken invoices.
"""

import re
from pathlib import Path
from typing import Any

_CODES = re.compile(r"document\('([\w.-]+_codedb\.xml)'\)/codedb/cl\[@id=(\d+)\]/enumeration\[@value=(\$\w+)\]")
_PARAM = '<xsl:param name="fileDirParameter" />'
_KEY = '<xsl:key name="chappe-code" match="enumeration" use="concat(../@id, \'|\', @value)"/>'
_ON_ATTRIBUTE = re.compile(r'match="[^"]*@[\w:]+"')


def compiled(processor: Any, compiler: Any, path: Path) -> Any:
    """The rule file, compiled by Saxon, tuned when it can be."""
    text = path.read_text("utf-8")
    names = set(re.findall(r"document\('([^']+)'\)", text))
    codes = {name for name, _id, _value in _CODES.findall(text)}
    if _PARAM not in text or names != codes or len(names) != 1:
        return compiler.compile_stylesheet(stylesheet_file=str(path))
    ready = compiler.compile_stylesheet(stylesheet_text=tuned(text))
    ready.set_parameter("chappe-codes", processor.parse_xml(xml_file_name=str(path.parent / names.pop())))
    return ready


def tuned(text: str) -> str:
    """The same rules with their codes in a parameter and a key, and without the walk over attributes."""
    text = _CODES.sub(r"key('chappe-code', concat('\2|', \3), $chappe-codes)", text)
    text = text.replace(_PARAM, f'{_PARAM}<xsl:param name="chappe-codes"/>{_KEY}', 1)
    if not _ON_ATTRIBUTE.search(text):
        text = text.replace('select="@*|*"', 'select="*"')
    return text.replace('indent="yes"', 'indent="no"', 1)
