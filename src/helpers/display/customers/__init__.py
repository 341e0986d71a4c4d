"""What the exploration notebook shows: a module for each topic, with its finding, figure and table."""
