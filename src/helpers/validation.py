"""Values held to a model of the params: all that does not fit is named at once, with the place and the nearest name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from helpers.errors import ParamsError, message, nearest
from helpers.redaction import redacted

SHOWN_LENGTH = 200

P = TypeVar("P", bound=BaseModel)


class Strict(BaseModel):
    """A frozen model that refuses names it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def validated(model: type[P], values: Mapping[str, object], where: str) -> P:
    """`values` as a `model`, or one ParamsError that names every value that does not fit."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise ParamsError(message(f"{where} must meet the parameters of the kit", problems(model, error))) from None


def problems(model: type[BaseModel], error: ValidationError) -> list[str]:
    """Each problem of a validation as one line: the place, what must hold, what was found."""
    return [_problem(model, dict(detail)) for detail in error.errors()]


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
