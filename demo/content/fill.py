"""An empty site → a small magazine with an argument under way, put in by the verbs that everybody uses."""

import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import Commenter, User
from blog import actions as writing
from blog.models import Authorship, Essay, Site, Tag
from comments.models import Comment, Decision, Rules, Wording
from comments.notifications import outbox
from comments.posting import actions as talking
from comments.screening.screening import Sender
from moderation.decisions import actions as deciding

HERE = Path(__file__).parent
PASSWORD = "demo"  # noqa: S105 – printed for everybody to use
DECIDED_AFTER = timedelta(minutes=9)
REMOVED_AFTER = timedelta(minutes=70)


class InUse(Exception):
    """The site has essays, or people of these names: it is somebody's."""


@transaction.atomic
def fill() -> list[User]:
    """Put it in, or raise InUse; the people who can log in."""
    content = tomllib.loads((HERE / "content.toml").read_text(encoding="utf-8"))
    names = [person["username"] for person in content["people"]]
    if Essay.objects.exists() or User.objects.filter(username__in=names).exists():
        raise InUse
    Site.objects.get_or_create(pk=1, defaults=content["site"])
    Rules.objects.update_or_create(pk=1, defaults=content["rules"])
    magazine = Magazine(now=timezone.now().replace(second=0, microsecond=0))
    magazine.hire(content["people"])
    for essay in content["essays"]:
        magazine.publish(**essay)
    magazine.invite(content["guests"])
    for comment in sorted(content["comments"], key=magazine.moment):
        magazine.print(**comment)
    magazine.tidy_up()
    # All this is past: nobody is to get mail about it.
    DBTaskResult.objects.filter(task_path=outbox.notify.module_path).delete()
    return list(magazine.people.values())


class Magazine:
    """What has been put in so far, under the names that the content knows it by."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rules = Rules.objects.current()
        self.rules.flood_seconds = 0  # for this while, and not saved
        self.people: dict[str, User] = {}
        self.speakers: dict[str, Commenter] = {}
        self.essays: dict[str, Essay] = {}
        self.published: dict[str, datetime] = {}
        self.comments: dict[str, Comment] = {}
        self.removals: list[tuple[Comment, datetime]] = []

    def hire(self, people: list[dict[str, Any]]) -> None:
        joined = self.now - timedelta(days=31)
        password = make_password(PASSWORD)  # once for all: hashing is slow on purpose, and this word is public
        for person in people:
            group = person.pop("group", None)
            email = f"{person['username']}@example.org"
            user = User.objects.create(**person, email=email, password=password, is_staff=True, date_joined=joined)
            user.prove_address()
            if group:
                user.groups.add(Group.objects.get(name=group))
            self.people[user.username] = user
            speaker = Commenter.objects.of(user)
            speaker.created = speaker.changed = joined
            speaker.save()
            self.speakers[user.username] = speaker

    def publish(self, file: str, by: str, days: int, tags: tuple[str, ...] = (), **fields: Any) -> None:
        published = self.now - timedelta(days=days)
        body = (HERE / file).read_text(encoding="utf-8")
        essay = Essay(body=body, published=published, created=published, **fields)
        essay = writing.save(essay)
        Authorship.objects.create(essay=essay, author=self.people[by])
        essay.tags.set([Tag.objects.named(tag) for tag in tags])
        Essay.objects.filter(pk=essay.pk).update(changed=published)
        self.essays[essay.title], self.published[essay.title] = essay, published

    def invite(self, guests: list[dict[str, str]]) -> None:
        """Guests whom their browsers remember: known once a comment of theirs was approved."""
        self.speakers |= {guest["name"]: Commenter(**guest) for guest in guests}

    def moment(self, comment: dict[str, Any]) -> datetime:
        return self.published[comment["essay"]] + timedelta(minutes=comment["minutes"])

    def print(
        self, essay: str, by: str, text: str, minutes: int, to: str = "", key: str = "", fate: str = "approved",
        **details: str,
    ) -> None:  # fmt: skip
        """Have it said, decided, and dated as it was meant. What goes to the trash stood there first."""
        said = self.moment({"essay": essay, "minutes": minutes})
        commenter = self.speakers.get(by) or Commenter(name=by, **details)
        if commenter._state.adding:
            commenter.created = commenter.changed = said
        comment = talking.post(
            essay=self.essays[essay],
            commenter=commenter,
            sender=Sender(),
            text=text,
            parent=self.comments[to].pk if to else None,
            rules=self.rules,
            is_trusted=by in self.people,
        )
        Comment.objects.filter(pk=comment.pk).update(created=said, changed=said)
        Wording.objects.filter(comment=comment).update(created=said)
        if fate in {"approved", "trash"} and not comment.is_approved:
            self.decide(comment, deciding.approve, said + DECIDED_AFTER)
        if fate == "trash":
            self.removals.append((comment, said + REMOVED_AFTER))
        if fate == "spam":
            self.decide(comment, deciding.mark_spam, said + DECIDED_AFTER)
        if key:
            self.comments[key] = comment

    def tidy_up(self) -> None:
        for comment, at in self.removals:
            self.decide(comment, deciding.trash, at)

    def decide(self, comment: Comment, verb: Callable[..., Decision], at: datetime) -> None:
        decision = verb(comment, by=self.people["moderator"])
        Decision.objects.filter(pk=decision.pk).update(created=at)
        Comment.objects.filter(pk=comment.pk).update(changed=at)
