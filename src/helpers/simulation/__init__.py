"""A company whose truth is known: every canonical table from one settings object, and what made it."""
