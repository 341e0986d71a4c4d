"""Parameters of a report: one model per notebook, read from one flat YAML file per report.

The models are the single truth for names, types, units, ranges and defaults. The tagged parameters cell of each
notebook, the YAML files under params/ and `regulars list` are tested against them.
"""

from helpers.params.churn import ChurnParams
from helpers.params.clv import ClvParams
from helpers.params.common import CommonParams, Dimension
from helpers.params.exploration import ExplorationParams
from helpers.params.publication import Publication, Refusal
from helpers.params.report_files import NOTEBOOKS, Report, Unread, read_report, unread_file
from helpers.params.segmentation import SegmentationParams
from helpers.params.survey import SurveyParams

__all__ = [
    "NOTEBOOKS",
    "ChurnParams",
    "ClvParams",
    "CommonParams",
    "Dimension",
    "ExplorationParams",
    "Publication",
    "Refusal",
    "Report",
    "SegmentationParams",
    "SurveyParams",
    "Unread",
    "read_report",
    "unread_file",
]
