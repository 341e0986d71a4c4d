"""Values held to a model of the params: all that does not fit is named at once, with the place and the nearest name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from helpers.errors import ParamsError, message, nearest, one_line
from helpers.redaction import redacted

SHOWN_LENGTH = 200

P = TypeVar("P", bound=BaseModel)


LABELS = (
    "(all)",
    "(no tier)",
    "(none)",
    "(not given)",
    "(not yet a customer)",
    "(small)",
    "all others",
    "control",
    "holdout",
    "nan",
    "none",
    "not known",
    "null",
    "other action",
    "over limit",
)
"""What the kit itself writes in tables where names of segments, tiers, offers and rules stand."""
LARGEST_SEED = 2**32 - 1
LARGEST_COST, LARGEST_AMOUNT = 1e12, 1e15
"""Of an order or a contact, and of a budget or a tier: far above any in the smallest unit of any currency."""


class Strict(BaseModel):
    """A frozen model that refuses names it does not know, and numbers that are none: infinity and NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def validated(model: type[P], values: Mapping[str, object], where: str) -> P:
    """`values` as a `model`, or one ParamsError that names every value that does not fit."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise ParamsError(message(f"{where} must meet the parameters of the kit", problems(model, error))) from None


def problems(model: type[BaseModel], error: ValidationError) -> list[str]:
    """Each problem of a validation as one line: the place, what must hold, what was found."""
    return [_problem(model, dict(detail)) for detail in error.errors()]


def name_problems(names: Iterable[str], *, what: str, taken: Iterable[str] = LABELS) -> list[str]:
    """Names that a reader takes for one another: they differ by blanks, capitals or width alone, or are ours.

    Parameters
    ----------
    names
        As stated; the same name may stand several times.
    what
        What the names are of, such as `segment`.
    taken
        Labels of the kit, which mean something else beside them.
    """
    names, ours = list(dict.fromkeys(names)), {_same(label): label for label in taken}
    problems = [f"{what} {name!r} has blanks around it; take them away" for name in names if name != name.strip()]
    problems += [f"{what} {name!r} holds a control character" for name in names if name != one_line(name)]
    problems += [f"{what} {name!r} is a label of the kit; take another name" for name in names if _same(name) in ours]
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(_same(name), name)
        if other != name:
            problems.append(f"{what} {name!r} differs from {other!r} by blanks, capitals or width alone")
    return problems


def _same(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _problem(model: type[BaseModel], detail: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        known = _known_names(model, detail["loc"][:-1])
        return f"{shown(place)} is not a parameter.{nearest(str(detail['loc'][-1]), known)}"
    if detail["type"] == "missing":
        return f"`{place}` is missing"
    reason = detail["msg"].removeprefix("Value error, ")
    prefix = f"`{place}`: " if place else ""
    value = f", found {shown(detail['input'])}" if not isinstance(detail["input"], dict | BaseModel) else ""
    return f"{prefix}{reason[0].lower()}{reason[1:]}{value}"


def shown(value: object) -> str:
    """A value as a message shows it: cut where it is long, and without secrets."""
    text = redacted(repr(value))
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def _known_names(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The names that may stand at a place: those of the model that is reached by walking down to it."""
    for part in place:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        model = inner or model  # the number of an item or the key of a mapping leads no further down
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model inside an annotation such as `Source | None` or `list[Rule]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
