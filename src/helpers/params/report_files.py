"""One report: one flat YAML file, read and validated for each of its notebooks before anything runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from helpers.errors import ParamsError, message, nearest
from helpers.params import yaml_files
from helpers.params.clv import ClvParams
from helpers.params.common import CommonParams
from helpers.params.exploration import ExplorationParams
from helpers.params.segmentation import SegmentationParams
from helpers.project import REPORT_NAME
from helpers.validation import problems, shown

NOTEBOOKS: dict[str, type[CommonParams]] = {
    "exploration": ExplorationParams,
    "segmentation": SegmentationParams,
    "clv": ClvParams,
}
OF_THE_REPORT = ("title", "as_of", "currency", "margin_share")
"""Parameters that are one for all notebooks of a report: its folder and its list go by them, and its money."""


@dataclass(frozen=True)
class Report:
    """One report: its name, the file that states it, and the validated parameters of each of its notebooks."""

    name: str
    path: Path
    params: dict[str, CommonParams]

    @property
    def as_of(self) -> date:
        return next(iter(self.params.values())).as_of

    @property
    def title(self) -> str:
        return next(iter(self.params.values())).title


def read_report(path: Path, *, as_of: date | None = None, only: Iterable[str] = ()) -> Report:
    """The report that a YAML file states, wholly validated, before anything runs.

    Parameters
    ----------
    path
        The YAML file: `notebooks` (default: all), common keys, and under a notebook's name the keys of that one alone.
    as_of
        Takes the place of the file's own `as_of`.
    only
        Names of the notebooks to keep; all where empty.

    Raises
    ------
    ParamsError
        The file is missing or no YAML; names or values in it do not fit. All of them are named at once.
    """
    values = yaml_files.mapping(path)
    name = str(values.pop("report", path.stem))
    notebooks = values.pop("notebooks", None)
    notebooks = list(NOTEBOOKS) if notebooks is None else notebooks
    problems = _name_problems(name) + _notebook_problems(notebooks, "`notebooks`") + _notebook_problems(only, "--only")
    if notebooks == []:
        problems.append("`notebooks` must name one notebook at least; leave it away for all")
    if problems:
        raise ParamsError(message(f"{path} must meet the parameters of the kit", problems))
    common = {key: value for key, value in values.items() if key not in NOTEBOOKS}
    if as_of is not None:
        common["as_of"] = as_of
    chosen = [notebook for notebook in notebooks if notebook in set(only) or not only]
    if not chosen:
        raise ParamsError(f"{path}: --only must name notebooks of this report, which has {', '.join(notebooks)}.")
    return Report(name, path, _each_notebook(path, chosen, common, values))


def _each_notebook(
    path: Path, notebooks: list[str], common: dict[str, Any], values: dict[str, Any]
) -> dict[str, CommonParams]:
    params, all_problems = {}, []
    for notebook in notebooks:
        own = values.get(notebook) or {}
        if not isinstance(own, dict):
            all_problems.append(f"`{notebook}` must hold keys and values, found {shown(own)}")
            continue
        all_problems += [
            f"`{notebook}.{key}`: state it once, for the whole report" for key in OF_THE_REPORT if key in own
        ]
        model = NOTEBOOKS[notebook]
        theirs = {key for other in NOTEBOOKS.values() for key in other.model_fields} - set(model.model_fields)
        try:
            params[notebook] = model.model_validate({k: v for k, v in common.items() if k not in theirs} | own)
        except ValidationError as error:
            all_problems += [problem for problem in problems(model, error) if problem not in all_problems]
    missing = [f"`{key}` is missing" for key in ("title", "as_of", "orders") if key not in common]
    if all_problems or missing:
        raise ParamsError(message(f"{path} must meet the parameters of the kit", missing + all_problems))
    return params


def _name_problems(name: str) -> list[str]:
    if REPORT_NAME.fullmatch(name):
        return []
    return [f"report name {shown(name)}: letters, digits, _ and - only, 64 at most, since it names a folder"]


def _notebook_problems(notebooks: object, where: str) -> list[str]:
    if isinstance(notebooks, str | dict) or not isinstance(notebooks, Iterable):
        return [f"{where} must be a list of notebooks, found {shown(notebooks)}"]
    unknown = [name for name in notebooks if not isinstance(name, str) or name not in NOTEBOOKS]
    return [f"{where}: {shown(name)} is not a notebook.{nearest(str(name), NOTEBOOKS)}" for name in unknown]
