"""What the exploration notebook says and draws: findings (frame to sentence) and figures (frame to drawing)."""
