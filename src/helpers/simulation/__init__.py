"""A company whose truth is known: every canonical table from one settings object, and what made it."""

SIMULATED = b"regulars.simulated"
"""Key in the metadata of every Parquet file that is written: wherever the file goes, it says what it is."""
