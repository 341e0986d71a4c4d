"""One report: one flat YAML file, read and validated for each of its notebooks before anything runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationError

from helpers.days import DAY_WORDS, named_day
from helpers.errors import ParamsError, message, nearest
from helpers.params import yaml_files
from helpers.params.churn import ChurnParams
from helpers.params.clv import ClvParams
from helpers.params.common import CommonParams
from helpers.params.exploration import ExplorationParams
from helpers.params.publication import Publication
from helpers.params.segmentation import SegmentationParams
from helpers.params.survey import SurveyParams
from helpers.project import REPORT_NAME
from helpers.validation import problems, shown, validated

NOTEBOOKS: dict[str, type[CommonParams]] = {
    "exploration": ExplorationParams,
    "segmentation": SegmentationParams,
    "clv": ClvParams,
    "churn": ChurnParams,
    "survey": SurveyParams,
}
OF_THE_REPORT = ("title", "as_of", "currency", "language", "margin_share")
"""Parameters that are one for all notebooks of a report: its folder and its list go by them, and its money."""

UNSTATED: dict[str, Any] = {
    "orders": None,
    "customers": None,
    "currency": CommonParams.model_fields["currency"].default,
}
"""What a report does not state is not there, though a notebook on its own begins with data of its choice."""


LANGUAGES: tuple[str, ...] = get_args(CommonParams.model_fields["language"].annotation)
TELL_VARIABLES = {"tell_mail": "REGULARS_TELL_MAIL", "tell_webhooks": "REGULARS_TELL_WEBHOOKS"}
"""Name whom to tell of a file that says so nowhere that can be read: addresses and forms, with commas between."""


@dataclass(frozen=True)
class Report:
    """One report: its name, the file that states it, and the validated parameters of each notebook and of the whole.

    `notebooks` are all that the file names, in its order; `params` has those of them that are to run.
    """

    name: str
    path: Path
    params: dict[str, CommonParams]
    notebooks: tuple[str, ...]
    publication: Publication = field(default_factory=Publication)

    @property
    def as_of(self) -> date:
        return next(iter(self.params.values())).as_of

    @property
    def others(self) -> tuple[str, ...]:
        """The notebooks of the report that are not to run."""
        return tuple(name for name in self.notebooks if name not in self.params)

    @property
    def language(self) -> str:
        return next(iter(self.params.values())).language

    @property
    def title(self) -> str:
        return next(iter(self.params.values())).title


@dataclass(frozen=True)
class Unread:
    """What can be read of a file that is no report: its name, title and language, and whom to tell of it."""

    name: str
    title: str
    language: str
    publication: Publication


def unread_file(path: Path) -> Unread:
    """What can be read of a file that `read_report` refuses, each key by itself, so that somebody can be told.

    Whom to tell is as the file has it, and as the environment has it (TELL_VARIABLES) where the file does not say.

    Parameters
    ----------
    path
        The YAML file, which may be missing, or no YAML.
    """
    try:
        values = yaml_files.mapping(path)
    except ParamsError:
        values = {}
    kept = {
        key: value
        for key, value in {**_told_by_environment(), **values}.items()
        if key in Publication.model_fields and _fits(key, value)
    }
    title, language = values.get("title"), values.get("language")
    return Unread(
        path.stem,
        title if isinstance(title, str) and title else path.stem,
        language if isinstance(language, str) and language in LANGUAGES else LANGUAGES[0],
        Publication.model_validate(kept),
    )


def _told_by_environment() -> dict[str, list[str]]:
    stated = {key: os.environ.get(variable, "") for key, variable in TELL_VARIABLES.items()}
    return {key: [each.strip() for each in text.split(",") if each.strip()] for key, text in stated.items() if text}


def _fits(key: str, value: object) -> bool:
    try:
        Publication.model_validate({key: value})
    except ValidationError:
        return False
    return True


def read_report(
    path: Path,
    *,
    as_of: date | str | None = None,
    only: Iterable[str] = (),
    publication: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> Report:
    """The report that a YAML file states, wholly validated, before anything runs.

    Parameters
    ----------
    path
        The YAML file: `notebooks` (default: all whose tables it states), common keys, and under a notebook's name the
        keys of that one alone.
    as_of
        Takes the place of the file's own `as_of`: a day, or one of `days.DAY_WORDS`.
    only
        Names of the notebooks to keep; all where empty.
    publication
        Parameters of the report as a whole, such as `refuse`, that take the place of the file's own.
    now
        The instant, with its zone, from which `today` and other words are told, in the report's `time_zone` or, without
        one, in the machine's; the clock's where None.

    Raises
    ------
    ParamsError
        The file is missing or no YAML; names or values in it do not fit. All of them are named at once.
    """
    values = yaml_files.mapping(path)
    name = str(values.pop("report", path.stem))
    of_the_whole = {key: values.pop(key) for key in Publication.model_fields if key in values}
    of_the_whole |= publication or {}
    notebooks = values.pop("notebooks", None)
    notebooks = _possible(values) if notebooks is None else notebooks
    problems = _name_problems(name) + _notebook_problems(notebooks, "`notebooks`") + _notebook_problems(only, "--only")
    if notebooks == []:
        problems.append("`notebooks` must name one notebook at least; leave it away for all")
    if problems:
        raise ParamsError(message(f"{path} must meet the parameters of the kit", problems))
    common = {key: value for key, value in values.items() if key not in NOTEBOOKS}
    stated = common.get("as_of") if as_of is None else as_of
    if stated is not None:
        common["as_of"] = _as_of(stated, common.get("time_zone"), now)
    chosen = [notebook for notebook in notebooks if notebook in set(only) or not only]
    if not chosen:
        raise ParamsError(f"{path}: --only must name notebooks of this report, which has {', '.join(notebooks)}.")
    params = _each_notebook(path, chosen, common, values)
    return Report(name, path, params, tuple(notebooks), validated(Publication, of_the_whole, str(path)))


def _as_of(stated: object, zone: object, now: datetime | None) -> object:
    """The day that is stated; a word becomes the day that it names now, and what is no day stays as it is."""
    if stated not in DAY_WORDS:
        return stated
    instant = now or datetime.now(UTC)
    is_known = isinstance(zone, str) and zone in available_timezones()
    return named_day(str(stated), today=instant.astimezone(ZoneInfo(str(zone)) if is_known else None).date())


def _possible(values: dict[str, Any]) -> list[str]:
    """The notebooks whose tables a report states; that of the orders where it states none of them, to be told so."""
    others = values.get("other_tables")
    stated = {*values, *(others if isinstance(others, dict) else ())}
    possible = [name for name, model in NOTEBOOKS.items() if stated.issuperset(model.needed_tables)]
    return possible or [name for name, model in NOTEBOOKS.items() if model.needed_tables == ("orders",)]


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
            stated = {key: value for key, value in common.items() if key not in theirs}
            params[notebook] = model.model_validate(UNSTATED | stated | own)
        except ValidationError as error:
            all_problems += [problem for problem in problems(model, error) if problem not in all_problems]
    needed = {table for name in notebooks for table in NOTEBOOKS[name].needed_tables} & {"orders"}
    missing = [f"`{key}` is missing" for key in ("title", "as_of", *needed) if key not in common]
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
