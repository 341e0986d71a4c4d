"""A run publishes whole or changes nothing, whatever happens to it and whenever it is killed."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from helpers.errors import ParamsError, RunError
from helpers.reports import index, publishing
from helpers.reports.manifest import output_checksums

AS_OF = date(2025, 1, 31)
OLD, NEW = "old " * 1000, "new " * 1000
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork: this system has none")


def fill(work: publishing.Work, text: str, *, title: str = "Shop", report: str = "shop") -> None:
    """What a run of one notebook leaves in its folder."""
    (work.folder / "tables" / "exploration").mkdir(parents=True)
    (work.folder / "tables" / "exploration" / "ledger.csv").write_text(text, encoding="utf-8")
    (work.folder / "exploration.html").write_text(text, encoding="utf-8")
    record = {
        "run_id": work.run_id,
        "report": report,
        "title": title,
        "as_of": AS_OF.isoformat(),
        "created_at": "2025-02-01T06:00:00+00:00",
        "status": "published",
        "headline": "Half of the customers came back.",
        "notebooks": [{"name": "exploration", "title": "Who buys?", "html": "exploration.html"}],
    }
    (work.folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")


def run(out: Path, text: str, *, report: str = "shop", as_of: date = AS_OF) -> publishing.Published:
    """A whole run: what `regulars run` does round a notebook."""
    with publishing.lock(out, report):
        publishing.recover(out)
        work = publishing.begin(out, report, as_of)
        fill(work, text, report=report)
        done = publishing.publish(work, out, report, as_of)
        publishing.write_index(out)
    return done


def content(folder: Path) -> str | None:
    """`old` or `new` where a folder holds that report whole, None where it is not there."""
    if not folder.exists():
        return None
    texts = {path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in {".csv", ".html"}}
    assert (folder / "manifest.json").exists()
    assert sum(path.is_file() for path in folder.rglob("*")) == 3
    assert texts in ({OLD}, {NEW}), "a mixture"
    return texts.pop()[:3]


def leftovers(out: Path) -> list[str]:
    """Whatever is in the work folder but what stays: the lock files, and what the list of reports has read."""
    found = [path for path in (out / ".work").rglob("*") if path.suffix != ".lock"]
    return sorted(path.name for path in found if path != out / ".work" / ".index.json")


def revisions(out: Path) -> dict[str, str | None]:
    return {path.name: content(path) for path in sorted((out / "shop" / ".superseded").glob("*"))}


# Publishing


def test_a_first_run_is_published(tmp_path: Path) -> None:
    done = run(tmp_path, OLD)
    assert done == publishing.Published(tmp_path / "shop" / "2025-01-31", "published")
    assert content(done.path) == "old"
    assert leftovers(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [".work", "index.html", "shop"]


def test_the_same_bytes_leave_the_report_untouched(tmp_path: Path) -> None:
    first = run(tmp_path, OLD)
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    manifest = (first.path / "manifest.json").read_bytes()
    again = run(tmp_path, OLD)
    assert again == publishing.Published(first.path, "unchanged")
    assert {path: path.stat().st_mtime_ns for path in first.path.rglob("*")} == before
    assert (first.path / "manifest.json").read_bytes() == manifest
    assert revisions(tmp_path) == {}
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("at_once", [True, False], ids=["exchange", "two renames"])
def test_other_bytes_supersede(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    if not at_once:
        no_exchange(monkeypatch)
    run(tmp_path, OLD)
    assert run(tmp_path, NEW).status == "revised"
    assert run(tmp_path, OLD).status == "revised"
    assert content(tmp_path / "shop" / "2025-01-31") == "old"
    assert revisions(tmp_path) == {"2025-01-31.1": "old", "2025-01-31.2": "new"}
    assert leftovers(tmp_path) == []


def test_revisions_are_counted_by_number(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    for number in (2, 9, 10):
        (tmp_path / "shop" / ".superseded" / f"2025-01-31.{number}").mkdir(parents=True)
    (tmp_path / "shop" / ".superseded" / "2025-02-28.77").mkdir()
    run(tmp_path, NEW)
    assert content(tmp_path / "shop" / ".superseded" / "2025-01-31.11") == "old"


def test_one_file_more_or_less_is_other_bytes(tmp_path: Path) -> None:
    done = run(tmp_path, OLD)
    (done.path / "extra.csv").write_text("x", encoding="utf-8")
    assert run(tmp_path, OLD).status == "revised"
    (done.path / "exploration.html").unlink()
    assert run(tmp_path, OLD).status == "revised"


def test_days_and_reports_stand_beside_each_other(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    assert run(tmp_path, NEW, as_of=date(2025, 2, 28)).status == "published"
    assert run(tmp_path, NEW, report="other").status == "published"
    assert content(tmp_path / "shop" / "2025-01-31") == "old"


def test_a_folder_without_the_manifest_of_its_run_is_refused(tmp_path: Path) -> None:
    with publishing.lock(tmp_path, "shop"):
        work = publishing.begin(tmp_path, "shop", AS_OF)
        with pytest.raises(RunError, match=r"must hold the manifest\.json of its own run\. Nothing was published\."):
            publishing.publish(work, tmp_path, "shop", AS_OF)
        publishing.discard(work)
    assert leftovers(tmp_path) == []


def test_discard_takes_the_work_and_nothing_else(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    with publishing.lock(tmp_path, "shop"):
        work = publishing.begin(tmp_path, "shop", AS_OF)
        fill(work, NEW)
        publishing.discard(work)
        publishing.discard(work)
    assert content(tmp_path / "shop" / "2025-01-31") == "old"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("name", ["../../x", "", "a/b", ".work", "a.b", "a\nb"])
def test_a_report_name_never_leaves_its_place(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParamsError, match="letters, digits, _ and - only"), publishing.lock(tmp_path, name):
        pass
    with pytest.raises(ParamsError, match="letters, digits, _ and - only"):
        publishing.begin(tmp_path, name, AS_OF)
    assert list(tmp_path.iterdir()) == []


# Two runs of one report


@contextmanager
def other_run(out: Path, *, seconds: float = 30.0) -> Iterator[int]:
    """Another process that holds the report and has begun; killed at the end."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        with publishing.lock(out, "shop"):
            work = publishing.begin(out, "shop", AS_OF)
            fill(work, NEW)
            os.write(told, b"x")
            time.sleep(seconds)
        os._exit(0)
    os.read(ready, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(told)


@needs_fork
def test_a_second_run_refuses_and_names_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    with other_run(tmp_path) as child:
        sentence = rf"Report `shop` is being made by process {child} on \S+ \(since \S+\); run it again when that"
        with (
            pytest.raises(RunError, match=sentence),
            publishing.lock(tmp_path, "shop", wait_seconds=0.2, say=said.append),
        ):
            pass
    assert len(said) == 1
    assert said[0].startswith(f"Report `shop` is being made by process {child}")
    assert said[0].endswith("waiting up to 0 s.")


@needs_fork
def test_a_second_run_waits(tmp_path: Path) -> None:
    with other_run(tmp_path, seconds=0.5), publishing.lock(tmp_path, "shop", wait_seconds=20):
        assert leftovers(tmp_path) == ["shop.holder"], "it took over what the first one left"


@needs_fork
def test_a_live_run_is_left_alone_and_a_killed_one_cleaned_up(tmp_path: Path) -> None:
    with other_run(tmp_path):
        before = leftovers(tmp_path)
        assert publishing.recover(tmp_path) == ()
        assert leftovers(tmp_path) == before != []
        run(tmp_path, OLD, report="other")
        assert set(before) <= set(leftovers(tmp_path))
    assert len(publishing.recover(tmp_path)) == 1
    assert leftovers(tmp_path) == []
    assert publishing.recover(tmp_path) == ()


def test_recover_leaves_the_work_of_this_process_alone(tmp_path: Path) -> None:
    with publishing.lock(tmp_path, "shop"):
        work = publishing.begin(tmp_path, "shop", AS_OF)
        assert publishing.recover(tmp_path) == ()
        assert work.folder.is_dir()


def test_recover_where_there_is_nothing(tmp_path: Path) -> None:
    assert publishing.recover(tmp_path / "none") == ()
    assert not (tmp_path / "none").exists()


# kill -9 at any moment


CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "ctypes.dlsym", "os.truncate", "os.utime"}


def killed_at(count: int, job: Callable[[], object]) -> bool:
    """Whether a child was killed by signal 9 just before its `count`-th change of the file system; else it finished."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in CHANGES or writes:
                seen += 1
                if seen == count:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            job()
        except BaseException:  # noqa: BLE001 - the child must never go on as a second pytest
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def no_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that cannot exchange two folders at once."""

    def refuse(one: Path, other: Path) -> None:
        raise OSError(errno.ENOSYS, "not here")

    monkeypatch.setattr(publishing, "_exchange_at_once", refuse)


def check_recovered(out: Path, *, before: str | None, after: str, where: str) -> bool:
    """Whether the new report is the one that stands; the rest must be as if a run had finished or never begun."""
    assert leftovers(out) == [], where
    stands = content(out / "shop" / "2025-01-31")
    former = revisions(out)
    if stands == after and before not in (None, after):
        assert former == {"2025-01-31.1": before}, where
    else:
        assert stands in (before, after), where
        assert former == {}, where
    for page in (out / "index.html", out / "shop" / "index.html"):
        assert not page.exists() or page.read_text(encoding="utf-8").rstrip().endswith("</html>"), where
    return stands == after


@needs_fork
@pytest.mark.parametrize("at_once", [True, False], ids=["exchange", "two renames"])
@pytest.mark.parametrize("before", [None, "old", "new"])
def test_killed_at_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None, at_once: bool
) -> None:
    if not at_once:
        no_exchange(monkeypatch)
    outcomes = []
    for count in range(1, 200):
        out = tmp_path / str(count)
        if before:
            run(out, {"old": OLD, "new": NEW}[before])
        killed = killed_at(count, lambda out=out: run(out, NEW))
        if at_once and before:
            assert content(out / "shop" / "2025-01-31") in (before, "new"), "readers found no whole report"
        publishing.recover(out)
        outcomes.append(check_recovered(out, before=before, after="new", where=f"before change {count}"))
        assert run(out, NEW).status in {"published", "revised", "unchanged"}
        assert check_recovered(out, before=before, after="new", where=f"the run after change {count}")
        if not killed:
            break
    assert not killed, "the run never finished"
    assert len(outcomes) > 15
    assert outcomes == sorted(outcomes), "once published, it stays"


@needs_fork
@pytest.mark.parametrize("at_once", [True, False], ids=["exchange", "two renames"])
def test_recovery_itself_is_killed_at_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    if not at_once:
        no_exchange(monkeypatch)
    probe = tmp_path / "probe"
    run(probe, OLD)
    step = next(count for count in range(1, 200) if killed_and_former_is_out(probe, count))
    for count in range(1, 60):
        out = tmp_path / str(count)
        run(out, OLD)
        assert killed_at(step, lambda out=out: run(out, NEW))
        killed = killed_at(count, lambda out=out: publishing.recover(out))
        publishing.recover(out)
        check_recovered(out, before="old", after="new", where=f"before change {count} of the recovery")
        if not killed:
            return
    pytest.fail("the recovery never finished")


def killed_and_former_is_out(out: Path, count: int) -> bool:
    """Whether a run killed there leaves the former report outside its place and outside .superseded."""
    killed_at(count, lambda: run(out, NEW))
    astray = [path for path in (out / ".work" / "shop").glob("*/") if (path / "manifest.json").exists()]
    found = any(content(path) == "old" for path in astray)
    publishing.recover(out)
    if content(out / "shop" / "2025-01-31") == "new" and not found:
        pytest.fail("no step leaves the former report astray: this test tests nothing")
    return found


# What the machine refuses


def test_out_is_a_file(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    out.write_text("mine", encoding="utf-8")
    sentence = f"{out} must be a folder for reports, but is a file. Nothing was published."
    with pytest.raises(RunError) as raised:
        publishing.begin(out, "shop", AS_OF)
    assert str(raised.value) == sentence
    with pytest.raises(RunError) as raised:
        publishing.write_index(out)
    assert str(raised.value) == sentence.replace("Nothing was", "The reports themselves are")
    with pytest.raises(RunError) as raised, publishing.lock(out / "deeper", "shop"):
        pass
    assert str(raised.value) == sentence
    assert out.read_text(encoding="utf-8") == "mine"


UNWRITABLE = """
import os, sys
from datetime import date
from pathlib import Path
from helpers.errors import RunError
from helpers.reports import publishing
from filelock import FileLock
out = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with publishing.lock(out, "shop"):
        print("locked")
except RunError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs the permissions of a POSIX system")
def test_an_unwritable_folder() -> None:
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "reports"
        out.mkdir()
        Path(place).chmod(0o755)
        out.chmod(0o555)
        done = subprocess.run([sys.executable, "-c", UNWRITABLE, str(out)], capture_output=True, text=True, check=False)
        assert list(out.iterdir()) == []
    assert done.stdout == (
        f"The folder {out} must be one that can be written to: permission denied at {out}/.work. "
        "Nothing was published.\n"
    ), done.stderr


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["_supersede", "exchange", "_appear", "_journal"])
def test_a_disk_that_fills_at_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    if step != "_appear":
        run(tmp_path, OLD)
    with publishing.lock(tmp_path, "shop"):
        work = publishing.begin(tmp_path, "shop", AS_OF)
        fill(work, NEW)
        with monkeypatch.context() as patch:
            patch.setattr(publishing, step, refuse)
            with pytest.raises(RunError) as raised:
                publishing.publish(work, tmp_path, "shop", AS_OF)
        publishing.discard(work)
    assert str(raised.value) == (
        f"The disk of the folder {tmp_path} is full. Nothing was published; make room and run again."
    )
    assert content(tmp_path / "shop" / "2025-01-31") == (None if step == "_appear" else "old")
    assert revisions(tmp_path) == {}
    assert leftovers(tmp_path) == []


def test_an_exchange_that_stops_half_way_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_exchange(monkeypatch)
    run(tmp_path, OLD)
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if target == tmp_path / "shop" / "2025-01-31" and path.suffix != ".former":
            raise OSError(errno.EIO, "input/output error")
        return rename(path, target)

    with publishing.lock(tmp_path, "shop"):
        work = publishing.begin(tmp_path, "shop", AS_OF)
        fill(work, NEW)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", refuse)
            with pytest.raises(RunError, match="input/output error"):
                publishing.publish(work, tmp_path, "shop", AS_OF)
        assert content(tmp_path / "shop" / "2025-01-31") == "old"
        publishing.discard(work)
    assert content(tmp_path / "shop" / "2025-01-31") == "old"
    assert leftovers(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=64", "regulars-test", str(disk)]
    try:
        done = subprocess.run(options, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a full disk is not tried for real: there is no mount here (the simulated ones are)")
    if done.returncode != 0:
        pytest.skip(f"a full disk is not tried for real: no tmpfs may be mounted here ({done.stderr.strip()})")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_really_full_disk(small_disk: Path) -> None:
    out = small_disk / "reports"
    run(out, OLD)
    before = output_checksums(out / "shop")
    with publishing.lock(out, "shop"):
        work = publishing.begin(out, "shop", AS_OF)
        fill(work, NEW)
        fillers = use_up(small_disk)
        with pytest.raises(RunError, match=r"is full\. Nothing was published; make room and run again"):
            publishing.publish(work, out, "shop", AS_OF)
        with pytest.raises(RunError, match="is full"):
            publishing.begin(out, "shop", AS_OF)
        with pytest.raises(RunError, match="is full"):
            publishing.write_index(out)
        publishing.discard(work)
    assert output_checksums(out / "shop") == before
    assert leftovers(out) == []
    for filler in fillers:
        filler.unlink()
    assert run(out, NEW).status == "revised"


def use_up(disk: Path) -> list[Path]:
    """Files without content until no further one can be made."""
    made: list[Path] = []
    while True:
        try:
            (disk / f"filler-{len(made)}").touch()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return made
        made.append(disk / f"filler-{len(made)}")


# The index


def test_the_index_is_written_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, OLD)
    before = (tmp_path / "index.html").read_bytes()
    monkeypatch.setattr(index, "latest_of_each", lambda reports: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        publishing.write_index(tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before


def test_the_index_lists_what_is_published_and_twice_the_same(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    run(tmp_path, NEW)
    before = (tmp_path / "index.html").read_bytes()
    assert publishing.write_index(tmp_path) == tmp_path / "index.html"
    assert (tmp_path / "index.html").read_bytes() == before
    assert b'href="shop/2025-01-31/exploration.html"' in before
    history = (tmp_path / "shop" / "index.html").read_bytes()
    assert b'href=".superseded/2025-01-31.1/exploration.html"' in history
    assert leftovers(tmp_path) == []


def test_recovery_takes_away_what_bears_a_run_id_and_nothing_else(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "reports", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine", encoding="utf-8")
    killed = publishing.begin(out, "shop", AS_OF)
    killed.folder.with_name(f"{killed.run_id}.spill").mkdir()
    room, other = killed.folder.parent, "2025-01-31-20250201T000000Z-0123abcd"
    foreign = [room / "notes", room / "2025-01-31", room / f"{killed.run_id}.zip", out / ".work" / "empty"]
    for folder in foreign:
        folder.mkdir()
    links = [room / "link", room / other, room / f"{other}.former", out / ".work" / "linked"]
    for link in links:
        link.symlink_to(elsewhere)
    assert publishing.recover(out) == (killed.run_id,)
    with publishing.lock(out, "shop"):
        pass
    assert all(folder.is_dir() for folder in foreign)
    assert all(link.is_symlink() for link in links)
    assert sorted(path.name for path in room.iterdir()) == sorted(path.name for path in [*foreign[:3], *links[:3]])
    assert [path.name for path in elsewhere.iterdir()] == ["mine.txt"]
    assert not (out / ".work" / "empty.lock").exists()
