"""Engines of the tests' own: a PostgreSQL server in a temporary folder, gone with them, and a Spark for few rows."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OLDEST = 15
USER = "shop_reader"
DEBIAN = Path("/usr/lib/postgresql")
QUICK_SPARK = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",  # there is nothing to adapt to
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # it lives for a minute
    "spark.sql.catalogImplementation": "in-memory",
    "spark.ui.enabled": "false",
}
"""Settings for small tables: optimising and compiling a plan takes longer than running it."""
OPTIONS = "-c fsync=off -c full_page_writes=off -c listen_addresses=127.0.0.1 -c shared_buffers=32MB"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where they are not installed."""
    versions = (path for path in DEBIAN.glob("*/bin") if path.parent.name.isdecimal())
    found = [path for path in versions if int(path.parent.name) >= OLDEST and (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def postgres(folder_of_programs: Path) -> Iterator[str]:
    """The URL of an empty database, of a server that ends with the block."""
    home = Path(tempfile.mkdtemp(prefix="regulars-postgres-"))
    data, port = home / "data", _free_port()
    who = _somebody(home)
    _call(who, folder_of_programs / "initdb", "-D", data, "-A", "trust", "-U", USER, "-E", "UTF8", "-N", *ENGLISH)
    started = [folder_of_programs / "pg_ctl", "-D", data, "-w", "-l", home / "log"]
    try:
        _call(who, *started, "-o", f"{OPTIONS} -p {port} -k {home}", "start")
        yield f"postgres://{USER}@127.0.0.1:{port}/postgres"
    finally:
        _call(who, *started, "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)


ENGLISH = ("--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8")
"""In which "a" comes before "B": not in the order of bytes."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _somebody(home: Path) -> list[str]:
    """How to call a program as somebody who may start a server: root may not."""
    if os.geteuid() != 0:
        return []
    shutil.chown(home, "postgres")
    return ["runuser", "-u", "postgres", "--"]


def _call(who: list[str], *command: object) -> None:
    with tempfile.TemporaryFile() as told:  # a pipe would stay open with the server
        done = subprocess.run([*who, *map(str, command)], stdout=told, stderr=told, check=False, cwd="/")
        told.seek(0)
        assert done.returncode == 0, told.read().decode()
