"""The form of the notebooks and of their committed outputs; nbval re-runs them and compares (`make test`)."""

from __future__ import annotations

import ast
import io
import re
import runpy
import tokenize
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from helpers.params import NOTEBOOKS

ROOT = Path(__file__).resolve().parents[2]
PATHS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
CELLS, CODE_LINES = range(20, 50), 12
TOOL = runpy.run_path(str(ROOT / "tools" / "notebooks.py"))
# A number typed into prose: two digits or more, a decimal, a percentage, a grouped number. `80/20`, an ISO standard or
# a cell's own step ("5 %") are data to a reader too. Names in code marks and link targets are not prose.
NUMBER = re.compile(r"(?<![\w#])(?:\d{2,}|\d+[.,]\d+|\d+\s?%)(?!\w)")


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameters(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]


def prose(source: str) -> str:
    """Markdown without code marks, link targets and mathematics."""
    return re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|\$[^$]*\$", " ", source, flags=re.DOTALL)


def budget(notebook: NotebookNode, *, cells: range = CELLS) -> list[str]:
    """What a notebook has too much of, or too little."""
    own = code(notebook)
    found = []
    if len(notebook.cells) not in cells:
        found.append(f"{len(notebook.cells)} cells, not {cells.start} to {cells.stop - 1}")
    if sum(cell.cell_type == "markdown" for cell in notebook.cells) < len(own):
        found.append("fewer markdown cells than code cells")
    if any(isinstance(node, DEFINITIONS) for source in sources(notebook) for node in ast.walk(ast.parse(source))):
        found.append("defines a function or a class: it belongs in helpers")
    if len(parameters(notebook)) != 1:
        found.append(f"{len(parameters(notebook))} cells tagged `parameters`, not one")
    return found + [f"number in prose: {number}" for number in numbers(notebook)]


def sources(notebook: NotebookNode) -> list[str]:
    """The code cells but for the parameters: these are data, and a notebook that is told more is not longer to read."""
    return [cell.source for cell in code(notebook) if "parameters" not in cell.metadata.get("tags", [])]


def long_cells(notebook: NotebookNode) -> list[str]:
    """The first line of each code cell that does more than one can see at a glance; imports are one step."""
    return [source.splitlines()[0] for source in sources(notebook) if len(steps(source)) > CODE_LINES]


def steps(source: str) -> list[str]:
    lines = [line for line in source.splitlines() if line.strip() and line.strip()[0] != "#"]
    return (
        [line for line in lines if not line.startswith(("from ", "import ", "    ", ")"))]
        if is_imports(source)
        else lines
    )


def is_imports(source: str) -> bool:
    return all(isinstance(step, ast.Import | ast.ImportFrom) for step in ast.parse(source).body)


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def numbers(notebook: NotebookNode) -> list[str]:
    texts = [prose(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"]
    return [number for text in texts for number in NUMBER.findall(text)]


def committed(notebook: NotebookNode) -> list[str]:
    """What is wrong with the outputs of a notebook: nbval compares nothing where a cell was never run."""
    found = []
    for index, cell in enumerate(notebook.cells):
        if not cell.get("id"):
            found.append(f"cell {index} has no id")
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None:
            found.append(f"cell {index} was not run: make notebooks")
        if cell.source.rstrip().endswith(";"):
            found.append(f"cell {index} ends in `;`, which nbval does not honour")
        for output in cell.outputs:
            found += [f"cell {index}: {problem}" for problem in output_problems(output)]
    return found


def output_problems(output: NotebookNode) -> list[str]:
    data = output.get("data", {})
    found = [f"{kind} is in it" for kind in data if kind.startswith("image/")]
    found += ["a picture is in its markup" for text in data.values() if re.search(r"<svg|data:image", str(text))]
    if output.output_type == "error":
        found.append("an error was committed")
    if output.output_type == "stream" and output.name == "stderr":
        found.append("a warning or a log line was committed")
    return found


def stated(cell: NotebookNode) -> dict[str, tuple[object, str]]:
    """The names of a parameters cell, each with its literal value and its comment."""
    comments: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(cell.source).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.string.lstrip("# ")
    found = {}
    for step in ast.parse(cell.source).body:
        target = step.target if isinstance(step, ast.AnnAssign) else getattr(step, "targets", [None])[0]
        if not isinstance(step, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name) or step.value is None:
            raise ValueError(f"line {step.lineno} is no `name = literal`")
        lines = range(step.lineno - 1, (step.end_lineno or step.lineno) + 1)
        above_is_code = any(line.strip() for line in cell.source.splitlines()[step.lineno - 2 : step.lineno - 1]) and (
            step.lineno - 1 not in comments or not cell.source.splitlines()[step.lineno - 2].lstrip().startswith("#")
        )
        comment = " ".join(comments[n] for n in lines if n in comments and not (n == step.lineno - 1 and above_is_code))
        found[target.id] = (ast.literal_eval(step.value), comment)
    return found


def test_each_notebook_has_its_parameters_and_each_model_its_notebook() -> None:
    assert set(PATHS) == {*NOTEBOOKS, "cookbook"}


@pytest.mark.parametrize("name", PATHS)
def test_budget(name: str) -> None:
    """The cookbook is a collection: shorter, but of the same form."""
    assert budget(read(PATHS[name]), cells=range(10, 46) if name == "cookbook" else CELLS) == []


@pytest.mark.parametrize("name", PATHS)
def test_a_cell_does_one_step(name: str) -> None:
    found = long_cells(read(PATHS[name]))
    assert found == []


@pytest.mark.parametrize("name", PATHS)
def test_committed_outputs(name: str) -> None:
    notebook = read(PATHS[name])
    assert committed(notebook) == []
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    assert any(cell.outputs for cell in code(notebook))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_parameters_cell_is_what_the_tool_writes(name: str) -> None:
    source = parameters(read(PATHS[name]))[0].source
    assert source == TOOL["parameters"](NOTEBOOKS[name]), "run `make notebooks` and commit"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_written_parameters_cell_holds_the_defaults_each_with_its_comment(name: str) -> None:
    model = NOTEBOOKS[name]
    told = stated(nbformat.v4.new_code_cell(TOOL["parameters"](model)))
    assert list(told) == list(model.model_fields), "all names, in the order of the model"
    assert model.model_validate({key: value for key, (value, _) in told.items()}) == model()
    assert [key for key, (_, comment) in told.items() if len(comment) < 5] == [], "each needs a comment"
    assert set(model.headings) <= set(model.model_fields)


@pytest.mark.parametrize("name", PATHS)
def test_metadata_is_no_machines(name: str) -> None:
    metadata = read(PATHS[name]).metadata
    assert set(metadata) == {"kernelspec", "language_info"}
    assert metadata.kernelspec.name == "python3"
    assert dict(metadata.language_info) == {"name": "python"}


def example(*, cells: int = 10) -> NotebookNode:
    """A notebook within its budget, run and committed."""
    notebook = nbformat.v4.new_notebook()
    for index in range(cells):
        notebook.cells.append(nbformat.v4.new_markdown_cell("Who buys again? See `top_20` and $x^{12}$."))
        notebook.cells.append(nbformat.v4.new_code_cell(f"x{index} = 1", execution_count=index + 1))
    notebook.cells[1].metadata["tags"] = ["parameters"]
    return notebook


def test_the_example_is_within_its_budget() -> None:
    assert budget(example()) == []
    assert committed(example()) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda n: n.cells.pop(), "19 cells, not 20 to 49"),
        (lambda n: n.cells.append(nbformat.v4.new_code_cell("y = 1")), "fewer markdown cells than code cells"),
        (lambda n: n.cells[3].update(source="def f(): ..."), "defines a function or a class: it belongs in helpers"),
        (lambda n: n.cells[3].metadata.update(tags=["parameters"]), "2 cells tagged `parameters`, not one"),
        (lambda n: n.cells[2].update(source="Revenue rose by 5 %."), "number in prose: 5 %"),
        (lambda n: n.cells[2].update(source="There are 2,469 households."), "number in prose: 2,469"),
    ],
)
def test_a_broken_budget_is_seen(change: Any, problem: str) -> None:
    notebook = example()
    change(notebook)
    assert budget(notebook) == [problem]


def test_a_long_cell_is_seen() -> None:
    notebook = example()
    notebook.cells[3].source = "y = 1\n" * 13
    notebook.cells[5].source = "# said\n\n" + "y = 1\n" * 12
    notebook.cells[7].source = "import a\n" * 20
    assert long_cells(notebook) == ["y = 1"]


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (nbformat.v4.new_output("display_data", {"image/png": "AAAA"}), "cell 1: image/png is in it"),
        (
            nbformat.v4.new_output("display_data", {"text/html": "<img src='data:image/png;base64,AA'>"}),
            "cell 1: a picture is in its markup",
        ),
        (nbformat.v4.new_output("error", ename="E", evalue="", traceback=[]), "cell 1: an error was committed"),
        (nbformat.v4.new_output("stream", name="stderr", text="x"), "cell 1: a warning or a log line was committed"),
    ],
)
def test_a_wrong_output_is_seen(output: NotebookNode, problem: str) -> None:
    notebook = example()
    notebook.cells[1].outputs = [output]
    assert committed(notebook) == [problem]


def test_a_cell_that_was_not_run_is_seen() -> None:
    notebook = example()
    notebook.cells[1].execution_count = None
    notebook.cells[3].source = "x;"
    assert committed(notebook) == [
        "cell 1 was not run: make notebooks",
        "cell 3 ends in `;`, which nbval does not honour",
    ]


def test_stated_reads_names_values_and_comments() -> None:
    source = 'as_of: str = "1998-06-30"  # ISO date\n# share of customers\ntop = 0.2\nb = [\n    1,\n]  # list\nc = 1\n'
    assert stated(nbformat.v4.new_code_cell(source)) == {
        "as_of": ("1998-06-30", "ISO date"),
        "top": (0.2, "share of customers"),
        "b": ([1], "list"),
        "c": (1, ""),
    }


def test_the_hook_leaves_texts_and_findings_compared(request: pytest.FixtureRequest) -> None:
    """The hook of conftest.py reaches the notebook collectors, and takes out pictures and markup only."""
    found = [item.parent.skip_compare for item in request.session.items if hasattr(item.parent, "skip_compare")]
    if not found:
        pytest.skip("no notebook is collected in this run: `make test` collects them")
    for skipped in found:
        assert {"image/png", "image/svg+xml", "text/html"} <= set(skipped)
        assert not {"text/plain", "application/vnd.regulars.findings+json", "stdout"} & set(skipped)
