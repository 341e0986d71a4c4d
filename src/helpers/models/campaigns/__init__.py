"""Whether campaigns worked: were arms drawn by chance, what did they move, and whom should the next one reach."""
