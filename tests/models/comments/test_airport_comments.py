"""Problems at the airport: the codebook beside the codes that the survey's own coders gave to the same comments."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from helpers.models.comments import comment_codes, comment_words
from helpers.params import read_report
from helpers.schemes import codebooks
from tests.conftest import missing

CODED = ["Q15-1", "Q15-2", "Q15-3"]


@pytest.fixture(scope="module")
def agreement(regulars_data: Path, root: Path) -> pd.DataFrame:
    """A row per comment of 2018 with a code, a column per topic of (by codebook, by coders)."""
    path = regulars_data / "sfo_survey" / "responses_2018.parquet"
    if not path.is_file():
        missing("DATA", f"{path} is missing (see data/README.md)")
    told = read_report(root / "params" / "sfo_survey.yml").params["survey"]
    delivered = pd.read_parquet(path, columns=["Q15A", *CODED])
    delivered = delivered[delivered["Q15A"].notna() & (delivered[CODED].fillna(0) > 0).any(axis=1)]
    book, lexicon = codebooks.chosen(told.codebook), codebooks.lexicon()
    texts = pd.DataFrame({"response_id": range(len(delivered)), "may_be_quoted": True, "problem": delivered["Q15A"]})
    written = comment_words.read(texts, known=comment_codes.vocabulary(book, lexicon))
    tones = comment_codes.coded(written, book, lexicon).tones
    topic_of = {code: name for name, codes in told.coded_topics.items() for code in codes}
    by_coders = delivered[CODED].reset_index(drop=True).stack().map(lambda code: topic_of.get(f"{code:.0f}"))
    found = {}
    for code in book.codes:
        about = set(written.row[tones.loc[tones["code"] == code.name, "comment"]])
        given = set(by_coders[by_coders == code.name].index.get_level_values(0))
        found[code.name] = {"both": len(about & given), "book": len(about), "coders": len(given)}
    return pd.DataFrame(found).T


def test_the_codebook_agrees_with_the_coders(agreement: pd.DataFrame) -> None:
    """Measured: 110 of the coders' 138 on security, of 118 that it finds; 279 of 374 on all topics, of 357."""
    found = agreement.loc["security"]
    assert found["both"] / found["coders"] >= 0.75
    assert found["both"] / found["book"] >= 0.9
    assert agreement["both"].sum() / agreement["coders"].sum() >= 0.6
    assert agreement["both"].sum() / agreement["book"].sum() >= 0.7
