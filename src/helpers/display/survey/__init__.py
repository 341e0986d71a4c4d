"""What the survey notebook says and draws, a module per topic: its sentences, drawings and tables together."""

from helpers.display.survey import (
    answer_bars,
    care,
    comparisons,
    driver_map,
    satisfaction,
    several_answers,
    survey_head,
    unheard,
    wave_moves,
)

__all__ = [
    "answer_bars",
    "care",
    "comparisons",
    "driver_map",
    "satisfaction",
    "several_answers",
    "survey_head",
    "unheard",
    "wave_moves",
]
