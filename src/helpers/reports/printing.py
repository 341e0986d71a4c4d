"""All pages of a report as one PDF, by Chromium: numbered through, with bookmarks, every part that is folded open."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import date
from html import unescape
from pathlib import Path
from re import DOTALL, search
from typing import TYPE_CHECKING

from helpers.display.language import day as day_in_words
from helpers.errors import RunError

if TYPE_CHECKING:
    from pypdf import PdfWriter

FILE_NAME = "report.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_VARIABLE = "REGULARS_CHROMIUM"
SECONDS = 180.0
STYLE = """<style>
html {{ counter-reset: page {before}; }}
@page {{ size: A4; margin: 16mm 14mm 18mm; }}
@page {{ @bottom-left {{ content: "{footer}"; font: 8pt sans-serif; color: #555; }} }}
@page {{ @bottom-right {{ content: counter(page); font: 8pt sans-serif; color: #555; }} }}
</style>"""


def browser() -> str:
    """The path of the Chromium that prints.

    Raises
    ------
    RunError
        There is none.
    """
    stated = os.environ.get(BROWSER_VARIABLE)
    found = shutil.which(stated) if stated else next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        looked = f"{BROWSER_VARIABLE} names {stated!r}, which is none" if stated else f"none of {', '.join(BROWSERS)}"
        raise RunError(
            f"A PDF needs Chromium on the path ({looked} is there): install it (Debian: apt-get install chromium), "
            f"set {BROWSER_VARIABLE} to its path, or leave `pdf` away. Nothing was published."
        )
    return found


def write(folder: Path, *, pages: Sequence[str], title: str, as_of: date) -> Path:
    """Print the pages of a report, in their order, as `report.pdf` beside them.

    Parameters
    ----------
    folder
        Of the report.
    pages
        Names of its HTML files.
    title, as_of
        Of the report, for the foot of each sheet.

    Raises
    ------
    RunError
        There is no Chromium, or it fails.
    """
    from pypdf import PdfReader, PdfWriter

    chromium, target = browser(), folder / FILE_NAME
    with PdfWriter() as writer, tempfile.TemporaryDirectory(prefix="regulars-pdf-") as room:
        for name in pages:
            html = (folder / name).read_text(encoding="utf-8")
            footer = f"{title} · {_title(html)} · {day_in_words(as_of)}"
            page = Path(room) / name
            page.write_text(_for_print(html, footer=footer, before=len(writer.pages)), encoding="utf-8")
            _print(chromium, page, page.with_suffix(".pdf"), profile=Path(room) / "profile")
            writer.append(PdfReader(page.with_suffix(".pdf")), outline_item=_title(html), import_outline=True)
        _describe(writer, title=title, as_of=as_of)
        writer.write(target)
    return target


def _describe(writer: PdfWriter, *, title: str, as_of: date) -> None:
    """What the file says of itself: nothing of the clock."""
    day = f"D:{as_of:%Y%m%d}000000Z"
    writer.metadata = {"/Title": f"{title}, {as_of}", "/Producer": "Regulars", "/CreationDate": day, "/ModDate": day}
    writer.compress_identical_objects()


def _title(html: str) -> str:
    """The heading of a page as text."""
    found = search(r"<title>(.*?)</title>", html, DOTALL)
    return " ".join(unescape(found[1]).split()) if found else ""


def _for_print(html: str, *, footer: str, before: int) -> str:
    """The page with its parts open, a foot, and its numbers following those of the sheets before it."""
    text = "".join(f"\\{ord(one):x} " if one in '"\\<\n' else one for one in footer)
    style = STYLE.format(before=before, footer=text)
    return html.replace("<details", "<details open").replace("</head>", f"{style}</head>", 1)


def _print(chromium: str, page: Path, target: Path, *, profile: Path) -> None:
    command = [
        chromium, "--headless", "--disable-gpu", "--no-pdf-header-footer", "--generate-pdf-document-outline",
        f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium has none for root, and the page is our own, without script
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"{chromium} could not print {page.name}: {error}. Nothing was published.") from None
    if done.returncode or not target.is_file():
        last = done.stderr.strip().rpartition("\n")[2]
        raise RunError(f"{chromium} could not print {page.name}: {last}. Nothing was published.")
