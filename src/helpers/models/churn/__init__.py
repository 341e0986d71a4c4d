"""Who is leaving: what gone means, who is about to go, and what that puts at stake."""
