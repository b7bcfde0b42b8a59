"""What the clock does for moderators."""

from moderation import learning
from server.jobs import every, job


@every(hours=1)
@job()
def learn() -> None:
    """The spam filter learns what was decided, and forgets what was undone or is gone."""
    learning.learn()
