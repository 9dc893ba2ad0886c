"""Edit a workbook as a person does: LibreOffice opens it, types into cells, and saves it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="soffice (LibreOffice) is not installed"
)
_LIBRARY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE {kind} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{dtd}">\n'
)
_STANDARD = _LIBRARY.format(kind="library:library", dtd="library.dtd") + (
    '<library:library xmlns:library="http://openoffice.org/2000/library" '
    'library:name="Standard" library:readonly="false" library:passwordprotected="false">\n'
    '<library:element library:name="Typing"/>\n</library:library>\n'
)
_MODULE = _LIBRARY.format(kind="script:module", dtd="module.dtd") + (
    '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Typing" '
    'script:language="StarBasic">{code}</script:module>\n'
)
_USER = (
    '<item oor:path="/org.openoffice.UserProfile/Data"><prop oor:name="givenname" oor:op="fuse">'
    "<value>{name}</value></prop></item></oor:items>"
)


def type_into(book: Path, cells: Mapping[tuple[str, str], str], who: str) -> None:
    """Open a workbook in LibreOffice, type into (sheet, cell), and save it as xlsx in place."""
    profile = book.parent.parent / f"{book.parent.name}-libreoffice"
    if not profile.exists():
        # The first start fills the profile, over whatever stands there.
        _run(profile, "--terminate_after_init")
        user = profile / "user" / "registrymodifications.xcu"
        known = user.read_text(encoding="utf-8")
        named = known.replace("</oor:items>", _USER.format(name=escape(who)))
        user.write_text(named, encoding="utf-8")
    basic = profile / "user" / "basic" / "Standard"
    (basic / "script.xlb").write_text(_STANDARD, encoding="utf-8")
    module = _MODULE.format(code=escape(_macro(book, cells)))
    (basic / "Typing.xba").write_text(module, encoding="utf-8")
    before = book.read_bytes()
    _run(profile, "macro:///Standard.Typing.Main")
    assert book.read_bytes() != before, "LibreOffice saved nothing"


def _run(profile: Path, what: str) -> None:
    subprocess.run(
        ["soffice", "--headless", "--norestore", f"-env:UserInstallation={profile.as_uri()}", what],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip


def _macro(book: Path, cells: Mapping[tuple[str, str], str]) -> str:
    typed = "\n".join(
        f'doc.Sheets.getByName("{sheet}").getCellRangeByName("{cell}").FormulaLocal = '
        + '"{}"'.format(text.replace('"', '""'))
        for (sheet, cell), text in cells.items()
    )
    return f"""
Sub Main
    Dim hidden(0) As New com.sun.star.beans.PropertyValue
    hidden(0).Name = "Hidden"
    hidden(0).Value = True
    Dim kind(0) As New com.sun.star.beans.PropertyValue
    kind(0).Name = "FilterName"
    kind(0).Value = "Calc MS Excel 2007 XML"
    doc = StarDesktop.loadComponentFromURL("{book.as_uri()}", "_blank", 0, hidden())
{typed}
    doc.storeToURL("{book.as_uri()}", kind())
    doc.close(True)
    StarDesktop.terminate()
End Sub
"""
