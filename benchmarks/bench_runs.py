"""What a run of reports costs, against the documented command lines and against its bare cells.

`python benchmarks/bench_runs.py params/cdnow.yml params/grocery.yml` measures the first report alone, then all that are
given. Every contender is a program of its own, measured with all that it starts; they take turns, so that a busy minute
of the machine meets each of them. The figures are medians, and only their ratios say something.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import yaml

from helpers.params import CommonParams, read_report
from helpers.project import project_root

Command = list[str]
TOOLS = Path(sys.executable).parent
REPORTS = [project_root() / "params" / name for name in ("cdnow.yml", "grocery.yml")]


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and seconds of the processors (user and system, with all children)."""

    wall: float
    cpu: float


def main() -> None:
    """Measure and print, or be one of the contenders."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("params", nargs="*", type=Path, default=REPORTS, help="YAML files of reports")
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender (default 5)")
    parser.add_argument("--floor", action="store_true", help="be the contender that only executes the cells")
    options = parser.parse_args()
    if options.floor:
        execute_cells(options.params)
        return
    paths = [path.resolve() for path in options.params]
    cases = {"one report": paths[:1]} | ({f"{len(paths)} reports": paths} if len(paths) > 1 else {})
    measured = {case: measure(given, runs=options.runs) for case, given in cases.items()}
    print(report(measured, runs=options.runs))


def measure(paths: list[Path], *, runs: int) -> dict[str, list[Cost]]:
    """The costs of each contender, which take turns."""
    costs: dict[str, list[Cost]] = {name: [] for name in CONTENDERS}
    for _ in range(runs):
        for name, commands in CONTENDERS.items():
            with tempfile.TemporaryDirectory(prefix="regulars-benchmark-") as folder:
                costs[name].append(cost(list(commands(paths, Path(folder)))))
            print(f"{name}: {costs[name][-1].wall:.1f} s, {costs[name][-1].cpu:.1f} s CPU", file=sys.stderr, flush=True)
    return costs


def cost(commands: list[Command]) -> Cost:
    """What these commands cost, one after another."""
    begun, used = time.monotonic(), cpu_of_children()
    for command in commands:
        done = subprocess.run(command, cwd=project_root(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return Cost(time.monotonic() - begun, cpu_of_children() - used)


def cpu_of_children() -> float:
    """Processor seconds of all that this process started and that has ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def regulars(paths: list[Path], folder: Path) -> Iterator[Command]:
    """Our own command line."""
    yield [sys.executable, "-m", "helpers", "run", *map(str, paths), "--out", str(folder)]


def command_lines(paths: list[Path], folder: Path) -> Iterator[Command]:
    """papermill, then nbconvert, for one notebook after another, as their documentations show."""
    for number, (name, params) in enumerate(notebooks(paths)):
        given, output = folder / f"{number}.yml", folder / f"{number}-{name}.ipynb"
        given.write_text(yaml.safe_dump(params.model_dump(mode="json")), encoding="utf-8")
        source = project_root() / "notebooks" / f"{name}.ipynb"
        yield [str(TOOLS / "papermill"), str(source), str(output), "-f", str(given)]
        yield [str(TOOLS / "jupyter"), "nbconvert", "--to", "html", str(output)]


def bare_cells(paths: list[Path], folder: Path) -> Iterator[Command]:  # noqa: ARG001 - it writes nothing
    """The same cells, without notebook or page."""
    yield [sys.executable, __file__, "--floor", *map(str, paths)]


CONTENDERS: dict[str, Callable[[list[Path], Path], Iterator[Command]]] = {
    "regulars run": regulars,
    "papermill and nbconvert, one after another": command_lines,
    "floor: the bare cells in one process": bare_cells,
}


def notebooks(paths: list[Path]) -> Iterator[tuple[str, CommonParams]]:
    """Every notebook of every report, with its parameters."""
    for path in paths:
        yield from read_report(path).params.items()


def execute_cells(paths: list[Path]) -> None:
    """Execute the cells of every notebook in this process; what they print is thrown away."""
    os.environ["MPLBACKEND"] = "agg"
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        for name, params in notebooks(paths):
            execute_notebook(project_root() / "notebooks" / f"{name}.ipynb", params.model_dump(mode="json"))


def execute_notebook(path: Path, parameters: dict[str, object]) -> None:
    """Execute the code cells of one notebook; the parameters take the place of its defaults."""
    import json

    names: dict[str, object] = {"__name__": "__main__"}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), str(path), "exec"), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(parameters)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def report(measured: dict[str, dict[str, list[Cost]]], *, runs: int) -> str:
    """The medians as a Markdown table, with what the ratios are to be."""
    tools = f"Python {platform.python_version()}, papermill {version('papermill')}, nbconvert {version('nbconvert')}"
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} at the end"
    lines = [
        f"Median of {runs} runs, contenders in turn; {tools}; {machine}.",
        "",
        "| what | contender | wall s | CPU s | wall, times `regulars run` | CPU, times `regulars run` |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for case, costs in measured.items():
        medians = {name: median(each) for name, each in costs.items()}
        ours = medians["regulars run"]
        for name, each in medians.items():
            ratios = f"{each.wall / ours.wall:.2f} | {each.cpu / ours.cpu:.2f}"
            lines.append(f"| {case} | {name} | {each.wall:.1f} | {each.cpu:.1f} | {ratios} |")
    return "\n".join([*lines, "", "To reach: command lines at least 6.00, floor at least 0.67."])


def median(costs: list[Cost]) -> Cost:
    """The median of each figure by itself."""
    return Cost(statistics.median(each.wall for each in costs), statistics.median(each.cpu for each in costs))


if __name__ == "__main__":
    main()
