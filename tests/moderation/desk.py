"""A moderator who uses the queue without script, and readers of its pages."""

import re
from typing import Any

from django.test import Client

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Decision
from tests import make

QUEUE = "/admin/comments/queue/"


class QueueClient:
    """A moderator who uses the queue."""

    def __init__(self, client: Client, user: User) -> None:
        self.client, self.user = client, user
        client.force_login(user)

    def open(self, address: str = QUEUE) -> str:
        response = self.client.get(address)
        assert response.status_code == 200
        return response.content.decode()

    def send(self, action: str, *comments: Comment, at: str = QUEUE, seen: str = "", **more: Any) -> Any:
        """Press a button and return the response."""
        data = {"action": action, "comment": [comment.pk for comment in comments], **more}
        if seen:
            data["seen"] = [f"{comment.pk} {seen}" for comment in comments]
        response = self.client.post(at, data)
        assert response.status_code == 302
        return response

    def undo(self, *decisions: Decision, at: str = QUEUE) -> Any:
        return self.send("undo", decision=[decision.pk for decision in decisions], at=at)

    def follow(self, response: Any) -> str:
        return self.open(response["Location"])


def create_pending(essay: Essay, count: int) -> list[Comment]:
    return make.pending_comments(essay, count)


def listed_keys(html: str) -> list[int]:
    """Return the keys of the comments with buttons on a page, in order."""
    return [int(pk) for pk in re.findall(r'<li class="row" id="comment-(\d+)" data-status="\w+" tabindex="-1"', html)]


def stored_status(comment: Comment) -> Any:
    return Comment.objects.values_list("status", flat=True).get(pk=comment.pk)
