"""What the segmentation notebook says and draws, a module per topic: its sentences, drawings and tables together."""

from helpers.display.segmentation import actions, baskets, groups, members, movements, profiles, scores, stages

__all__ = ["actions", "baskets", "groups", "members", "movements", "profiles", "scores", "stages"]
