"""The recipes of docs/: each runs a command that there is, refuses stale data, and has what it takes to mail."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any, Self

import pytest
import typer.main
import yaml

from helpers.__main__ import app

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"
SCHEDULED = (
    "regulars.cron regulars.service airflow_dag.py jupyter_scheduler.ipynb github_actions.yml Containerfile".split()
)
HOME = "/srv/regulars"


def text(name: str) -> str:
    return (RECIPES / name).read_text(encoding="utf-8")


def parsed(words: list[str]) -> dict[str, Any]:
    """The options of a regulars command as the command line itself reads them; another one is an error."""
    command = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    return dict(command.make_context(words[0], list(words[1:])).params)


def is_nightly(words: list[str]) -> None:
    options = parsed(words)
    assert options["params"] == [Path("params/shop.yml")]
    assert options["refuse"] == "red"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a stand-in for regulars, which writes its words and the mail server to `told`, and ends with `code`."""
    program = tmp_path / ".venv" / "bin" / "regulars"
    program.parent.mkdir(parents=True)
    program.write_text(
        '#!/bin/sh\necho "$@" "$REGULARS_SMTP_URL" >> told\n[ -f code ] && exit $(cat code)\nexit 0\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("name", SCHEDULED)
def test_each_refuses_stale_data_and_says_where_the_mail_server_stands(name: str) -> None:
    assert "refuse" in text(name)
    assert "REGULARS_SMTP_URL" in text(name) or "/etc/regulars/environment" in text(name)


def test_cron_lines_have_five_times_a_user_and_a_command_that_runs(home: Path) -> None:
    lines = [line for line in text("regulars.cron").splitlines() if line and not re.match(r"#|\w+=", line)]
    environment = home / "environment"
    environment.write_text("REGULARS_SMTP_URL=smtp://there\n", encoding="utf-8")
    for line in lines:
        *times, user, command = line.split(maxsplit=6)
        assert all(re.fullmatch(r"\*|\d+", time) for time in times[:5])
        assert (len(times), user) == (5, "regulars")
        assert "%" not in command, "cron ends a line there"
        here = command.replace("/etc/regulars/environment", str(environment)).replace(HOME, str(home))
        done = subprocess.run(["/bin/sh", "-c", here], capture_output=True, text=True, check=True)
        assert done.stdout == done.stderr == ""
    ran, pruned = (home / "told").read_text(encoding="utf-8").splitlines()
    assert ran.endswith(" smtp://there")
    is_nightly(ran.split()[:-1])
    assert parsed(pruned.split())["keep"] == 24


def test_systemd_takes_the_units(home: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    units = []
    for name in ("regulars.service", "regulars.timer"):
        unit = home / name
        unit.write_text(text(name).replace(HOME, str(home)).replace("User=regulars", "User=root"), encoding="utf-8")
        units.append(str(unit))
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    started = re.search(r"^ExecStart=(.*)$", text("regulars.service"), re.MULTILINE)
    assert started is not None
    is_nightly(shlex.split(started[1])[1:])


def test_the_dag_is_one_when_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """With stand-ins for the two classes of Airflow that it uses."""
    tasks: dict[str, Task] = {}

    class Dag:
        def __init__(self, **settings: Any) -> None:
            self.settings = settings

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

    class Task:
        def __init__(self, *, task_id: str, bash_command: str, **settings: Any) -> None:
            self.command, self.settings, self.then = bash_command, settings, []
            tasks[task_id] = self

        def __rshift__(self, other: Task) -> None:
            self.then.append(other)

    for place in ("airflow", "airflow.operators", "airflow.operators.bash"):
        monkeypatch.setitem(sys.modules, place, types.ModuleType(place))
    monkeypatch.setattr(sys.modules["airflow"], "DAG", Dag, raising=False)
    monkeypatch.setattr(sys.modules["airflow.operators.bash"], "BashOperator", Task, raising=False)
    dag = runpy.run_path(str(RECIPES / "airflow_dag.py"))["dag"]
    assert dag.settings["catchup"] is False
    assert tasks["run"].settings["skip_on_exit_code"] == 6, "a refused report is not tried again"
    assert tasks["run"].then == [tasks["prune"]]
    command = tasks["run"].command.replace("{{ data_interval_start | ds }}", "2025-01-31")
    is_nightly(shlex.split(command.partition(".venv/bin/regulars ")[2]))
    assert parsed(shlex.split(tasks["prune"].command.partition(".venv/bin/regulars ")[2]))["keep"] == 24


def test_a_notebook_job_runs_and_fails_where_the_report_does(home: Path) -> None:
    cells = [cell for cell in json.loads(text("jupyter_scheduler.ipynb"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    exec("".join(cells[0]["source"]), names)
    assert cells[0]["metadata"]["tags"] == ["parameters"]
    names["home"] = str(home)
    exec("".join(cells[1]["source"]), names)
    is_nightly((home / "told").read_text(encoding="utf-8").split())
    (home / "code").write_text("6", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError, match="exit status 6"):
        exec("".join(cells[1]["source"]), names)


def test_the_workflow_runs_what_there_is_and_keeps_the_reports_of_a_refused_run() -> None:
    workflow = yaml.safe_load(text("github_actions.yml"))
    assert workflow[True]["schedule"] == [{"cron": "0 6 * * *"}], "YAML reads the key `on` as true"
    job = workflow["jobs"]["run"]
    assert set(job["env"]) == {"REGULARS_SMTP_URL", "REGULARS_MAIL_FROM"}
    assert all(value.startswith("${{ secrets.") for value in job["env"].values())
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[0] == "make setup"
    assert re.search(r"^setup:", (RECIPES.parents[1] / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    is_nightly(shlex.split(commands[1])[1:])
    kept = job["steps"][-1]
    assert kept["if"] == "always()"
    assert kept["with"]["include-hidden-files"], "why a report was refused is in .refused"


def test_the_container_starts_with_the_command() -> None:
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text("Containerfile"), flags=re.MULTILINE)).splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line]
    assert [step[0] for step in steps] == ["FROM", "RUN", "USER", "WORKDIR", "COPY", "RUN", "ENTRYPOINT", "CMD"]
    told = dict(steps)
    assert json.loads(told["ENTRYPOINT"]) == [".venv/bin/regulars"]
    is_nightly(json.loads(told["CMD"]))


def test_every_recipe_is_in_the_table() -> None:
    table = (RECIPES.parent / "scheduling.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(recipes/(\S+)\)", table)) == {path.name for path in RECIPES.iterdir()}
