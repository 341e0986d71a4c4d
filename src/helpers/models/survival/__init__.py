"""How long customers stay: survival curves, their comparison, and what goes with leaving sooner."""
