"""What the segmentation notebook says and draws, a module per topic: its sentences, drawings and tables together."""

from helpers.display.segments import actions, baskets, groups, memberships, movements, naming, profiles, scores, stages

__all__ = ["actions", "baskets", "groups", "memberships", "movements", "naming", "profiles", "scores", "stages"]
