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
_LIBRARIES = _LIBRARY.format(kind="library:libraries", dtd="libraries.dtd") + (
    '<library:libraries xmlns:library="http://openoffice.org/2000/library" '
    'xmlns:xlink="http://www.w3.org/1999/xlink">\n'
    '<library:library library:name="Standard" library:link="false"/>\n</library:libraries>\n'
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
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    '<item oor:path="/org.openoffice.UserProfile/Data"><prop oor:name="givenname" oor:op="fuse">'
    "<value>{name}</value></prop></item></oor:items>\n"
)


def type_into(book: Path, cells: Mapping[tuple[str, str], str], who: str) -> None:
    """Open a workbook in LibreOffice, type into (sheet, cell), and save it as xlsx in place."""
    profile = book.parent.parent / f"{book.parent.name}-libreoffice"
    basic = profile / "user" / "basic"
    (basic / "Standard").mkdir(parents=True, exist_ok=True)
    (basic / "script.xlc").write_text(_LIBRARIES, encoding="utf-8")
    (basic / "Standard" / "script.xlb").write_text(_STANDARD, encoding="utf-8")
    module = _MODULE.format(code=escape(_macro(book, cells)))
    (basic / "Standard" / "Typing.xba").write_text(module, encoding="utf-8")
    user = profile / "user" / "registrymodifications.xcu"
    user.write_text(_USER.format(name=escape(who)), encoding="utf-8")
    before = book.read_bytes()
    subprocess.run(
        ["soffice", "--headless", "--norestore", f"-env:UserInstallation={profile.as_uri()}",
         "macro:///Standard.Typing.Main"],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    assert book.read_bytes() != before, "LibreOffice saved nothing"


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
