"""Settings of the faulty rows of a simulated company."""

from __future__ import annotations

from dataclasses import dataclass

ADDED = ("duplicate", "orphan", "negative", "future", "wrong currency")


WRITTEN = ("phone", "email", "id number")


@dataclass(frozen=True)
class Defects:
    """How many faulty rows of each kind; none by default.

    Five kinds are rows added to `table`, so that the right rows are all still there once these are caught: exact
    repetitions of an earlier row; rows of a customer who does not exist; amounts below zero; rows after the company's
    end; rows in another currency (then the table gets a column `currency`). Three kinds are written into the text of
    comments: the rows stay as many as they were.

    Attributes
    ----------
    table
        The table that gets rows: one with a date or instant, and `amount`, where those are to be wrong. Of a future
        row only the date that dates the table is in the future.
    duplicate_count, orphan_count, negative_count, future_count, wrong_currency_count
        Rows added, of each kind.
    other_currency
        The wrong one, ISO 4217.
    phone_count, email_count, id_number_count
        Comments that get personal data of each kind; no comment gets two.
    comment_table, comment_column
        Where comments are; of `survey_responses`, only answers to questions of the kind comment.
    """

    table: str = "orders"
    duplicate_count: int = 0
    orphan_count: int = 0
    negative_count: int = 0
    future_count: int = 0
    wrong_currency_count: int = 0
    other_currency: str = "USD"
    phone_count: int = 0
    email_count: int = 0
    id_number_count: int = 0
    comment_table: str = "survey_responses"
    comment_column: str = "answer"

    @property
    def added_counts(self) -> dict[str, int]:
        """Rows to add, by kind of defect."""
        counts = (self.duplicate_count, self.orphan_count, self.negative_count, self.future_count)
        return dict(zip(ADDED, (*counts, self.wrong_currency_count), strict=True))

    @property
    def written_counts(self) -> dict[str, int]:
        """Comments to write into, by kind of defect."""
        return dict(zip(WRITTEN, (self.phone_count, self.email_count, self.id_number_count), strict=True))
