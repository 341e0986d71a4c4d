"""Sources that cannot be: one clear error each, at once, and without a secret in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.connectors import locations
from helpers.connectors.delivery import connect, deliver
from helpers.errors import ParamsError, RegularsError
from helpers.schema.sources import TableSource


def refusal(source: str, root: Path, **stated: str) -> str:
    with pytest.raises(RegularsError) as caught:
        deliver(connect(), TableSource(source=source, **stated), root=root)
    assert isinstance(caught.value, ParamsError), caught.value
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("~nobody/x", "~nobody/x must be"),
        ("~nobody", "`~nobody` must be"),
        ("x" * 300 + ".csv", "must be files that can be read: File name too long"),
        ("x" * 900 + "/a.csv", "File name too long"),
        ("http://[bad", "`source` 'http://[bad' must be a URL that can be read: Invalid IPv6 URL."),
        ("postgres://[bad/x", "must be a URL that can be read"),
        ("a\0b.csv", r"`source` 'a\x00b.csv' must not hold a control character"),
        ("a\nb.csv", "must not hold a control character"),
        ("package:no.such.thing/x", "must name a package and a file in it"),
        ("package:__main__/x", "package `__main__` must be installed"),
        ("package:nothing_of_that_name/x", "must be installed to read the data in it"),
        ("[", "must match at least one file"),
        ("**/*.csv", "must match at least one file"),
        ("${", "found none of that name"),
    ],
)
def test_what_is_no_source_is_one_error(tmp_path: Path, source: str, told: str) -> None:
    assert told in refusal(source, tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        "postgres://me:hush@127.0.0.1:1/x",
        "postgres://me:hu/hush@127.0.0.1:1/x",
        "postgres://127.0.0.1:1/x?user=me&password=hush",
        "mysql://127.0.0.1:1/x?passwd=hush",
        "postgres://me:${NOT_SET:-hush}@127.0.0.1:1/x",
        "postgres://me@127.0.0.1:1/${NOT_SET:-hush}",
        "${NOT_SET:-postgres://me:hush@127.0.0.1:1/x}",
        "${NOT_SET:-hush}/a.csv",
        "${NOT_SET:-hush}/*.csv",
        "${NOT_SET:-hush}",
        "${SHOP_SECRET:-hush}/a.csv",
        "https://me:hush@x.org/a.csv",
        "s3://bucket/a?secret_key=hush",
        "x\0://me:hush@h/x",
        "http://[bad?password=hush",
        "package:no/x?password=hush",
        "${NOT_SET_EITHER}${NOT_SET:-hush}",
    ],
)
def test_secrets_stand_in_no_message(tmp_path: Path, source: str) -> None:
    assert "hush" not in refusal(source, tmp_path, table="orders")


def test_a_default_stands_in_no_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "hush").mkdir()
    (tmp_path / "hush" / "a.csv").write_text("id,v\n1,2\n")
    for source in ("${NOT_SET:-hush}/a.csv", "${NOT_SET:-hush}"):
        delivered = deliver(connect(), TableSource(source=source), root=tmp_path)
        assert "hush" not in " ".join([delivered.label, *delivered.notes, *(one.name for one in delivered.inputs)])


def test_a_folder_with_too_many_files_is_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "MOST_FILES", 20)
    for number in range(21):
        (tmp_path / f"{number}.csv").write_text(f"id\n{number}\n")
    told = "must hold at most 20 files, found more; name the folder of the data."
    assert told in refusal(str(tmp_path), tmp_path)
    assert told in refusal("**/*.txt", tmp_path)
    assert deliver(connect(), TableSource(source="1*.csv"), root=tmp_path).table.count().execute() == 11


def test_globs_through_folders(tmp_path: Path) -> None:
    for name in ("a.csv", "x/b.csv", "x/y/c.csv", "x/y/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("id\n1\n")
    found = {
        pattern: [file.name for file in locations.files(locations.expand(pattern), root=tmp_path, built_ins=())]
        for pattern in ("**/*.csv", "x/**/*.csv", "**/y/*", "x/*.csv", "**/[ab].csv")
    }
    assert found == {
        "**/*.csv": ["a.csv", "x/b.csv", "x/y/c.csv"],
        "x/**/*.csv": ["x/b.csv", "x/y/c.csv"],
        "**/y/*": ["x/y/c.csv", "x/y/d.txt"],
        "x/*.csv": ["x/b.csv"],
        "**/[ab].csv": ["a.csv", "x/b.csv"],
    }


def test_a_folder_that_cannot_be_read_is_one_error(tmp_path: Path) -> None:
    """As another user where the tests run as root, whom no folder stops."""
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "a.csv").write_text("id\n1\n")
    code = (
        "import os, sys; from pathlib import Path; from helpers.connectors import locations\n"
        "from helpers.errors import ParamsError\n"
        "os.getuid() or os.setuid(65534)\n"
        "for name in ('locked', 'locked/a.csv', 'locked/*.csv', 'locked/**/*.csv'):\n"
        "    try: locations.files(locations.expand(name), root=Path('.'), built_ins=())\n"
        "    except ParamsError as error: print(error)\n"
    )
    locked.chmod(0)
    tmp_path.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    locked.chmod(0o755)
    assert len(done.stdout.splitlines()) == 4, done.stderr
    assert "locked must be files that can be read: Permission denied." in done.stdout
