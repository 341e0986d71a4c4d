"""What a report may be told: one model per notebook, read from one flat YAML file per report.

The models are the single truth for names, types, units, ranges and defaults. The tagged parameters cell of each
notebook, the YAML files under params/ and `regulars list` are tested against them.
"""

from helpers.params.clv import ClvParams
from helpers.params.common import CommonParams, Dimension
from helpers.params.exploration import ExplorationParams
from helpers.params.reports import NOTEBOOKS, REPORT_NAME, TABLES, Report, project_root, read_report
from helpers.params.segmentation import Action, SegmentationParams, TierRule
from helpers.params.sources import OrdersSource, Rule, Strict, TableSource

__all__ = [
    "NOTEBOOKS",
    "REPORT_NAME",
    "TABLES",
    "Action",
    "ClvParams",
    "CommonParams",
    "Dimension",
    "ExplorationParams",
    "OrdersSource",
    "Report",
    "Rule",
    "SegmentationParams",
    "Strict",
    "TableSource",
    "TierRule",
    "project_root",
    "read_report",
]
