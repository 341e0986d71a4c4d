"""What the notebook on customer lifetime value says and draws: findings (frame to sentence) and figures, by topic."""
