"""The models of buying by name."""

from __future__ import annotations

from helpers.models.buying.bg_nbd import BG_NBD, MBG_NBD
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.pareto_nbd import PARETO_NBD

MODELS: dict[str, BuyingModel] = {model.name: model for model in (PARETO_NBD, BG_NBD, MBG_NBD)}
