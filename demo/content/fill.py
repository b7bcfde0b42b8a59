"""Demo content: fills an empty site with essays and comments, through the same actions as its pages."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django_tasks_db.models import DBTaskResult

from accounts.models import Commenter, User
from blog import actions as writing
from blog.images import uploads
from blog.models import Authorship, Essay, Profile, Revision, Series, Site, Tag, Text
from blog.writing import revisions
from comments.likes import actions as liking
from comments.models import AuthorAnswer, Comment, Decision, Like, Rules, Wording
from comments.notifications import outbox
from comments.passages import placing
from comments.passages.jobs import move_passages
from comments.passages.quotations import Quotation
from comments.posting import actions as talking
from comments.screening.screening import Sender
from demo.content.pictures import DRAWN
from moderation.decisions import actions as deciding
from search import rebuilding

FOLDER = Path(__file__).parent
PASSWORD = "demo"  # noqa: S105 – public, printed by bin/run
LIKED_AFTER = timedelta(minutes=45)
DECIDED_AFTER = timedelta(minutes=9)
REMOVED_AFTER = timedelta(minutes=70)


class SiteInUse(Exception):
    """The site has essays or users with the demo's names, so it is not ours to fill."""


@transaction.atomic
def fill() -> list[User]:
    """Add the demo content and return the users who can log in. Raises SiteInUse."""
    content = tomllib.loads((FOLDER / "content.toml").read_text(encoding="utf-8"))
    names = [person["username"] for person in content["people"]]
    if Essay.objects.exists() or User.objects.filter(username__in=names).exists():
        raise SiteInUse
    Site.objects.get_or_create(pk=1, defaults=content["site"])
    Rules.objects.update_or_create(pk=1, defaults=content["rules"])
    site = DemoSite(now=timezone.now().replace(second=0, microsecond=0))
    site.add_people(content["people"])
    corrections = content["corrections"]
    for essay in content["essays"]:
        site.add_essay(**essay, corrections=[each for each in corrections if each["essay"] == essay["title"]])
    site.add_guests(content["guests"])
    for row in sorted([*content["comments"], *corrections], key=site.time_of):
        site.correct(**row) if "was" in row else site.add_comment(**row)
    site.trash_comments()
    site.add_likes()
    rebuilding.rebuild()  # with the times and authors that were set after saving
    # All of this is past: passages have been moved, and no one is notified.
    past = [outbox.notify.module_path, move_passages.module_path]
    DBTaskResult.objects.filter(task_path__in=past).delete()
    return list(site.people.values())


class DemoSite:
    """The rows added so far, by the names that content.toml uses for them."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rules = Rules.objects.current()
        self.rules.flood_seconds = 0  # only here; not saved
        self.people: dict[str, User] = {}
        self.commenters: dict[str, Commenter] = {}
        self.essays: dict[str, Essay] = {}
        self.published: dict[str, datetime] = {}
        self.comments: dict[str, Comment] = {}
        self.removals: list[tuple[Comment, datetime]] = []
        self.likes: list[tuple[Comment, str, datetime]] = []

    def add_people(self, people: list[dict[str, Any]]) -> None:
        """Add the users who can log in."""
        joined = self.now - timedelta(days=31)
        password = make_password(PASSWORD)  # one hash for all: hashing is slow on purpose, and the password is public
        for person in people:
            group, profile = person.pop("group", None), person.pop("profile", None)
            email = f"{person['username']}@example.org"
            user = User.objects.create(**person, email=email, password=password, is_staff=True, date_joined=joined)
            user.verify_address()
            if group:
                user.groups.add(Group.objects.get(name=group))
            if profile:
                Profile.objects.create(user=user, **profile)
            self.people[user.username] = user
            commenter = Commenter.objects.for_user(user)
            commenter.created = commenter.changed = joined
            commenter.save()
            self.commenters[user.username] = commenter

    def add_essay(
        self, file: str, by: str, days: int, tags: tuple[str, ...] = (), cover: dict[str, str] | None = None,
        series: str = "", corrections: Sequence[dict[str, Any]] = (), **fields: Any,
    ) -> None:  # fmt: skip
        """Add an essay published so many days ago; `file` has its text, `by` is the author's username.

        It begins without its corrections.
        """
        if series:
            fields["series"], _ = Series.objects.get_or_create(title=series, slug=slugify(series))
        published = self.now - timedelta(days=days)
        body = (FOLDER / file).read_text(encoding="utf-8")
        for each in corrections:
            body = body.replace(each["becomes"], each["was"])
        if cover:
            fields["cover"] = uploads.store(DRAWN[cover["picture"]](), alt=cover["alt"], by=self.people[by])
        essay = Essay(body=body, published=published, created=published, **fields)
        essay = writing.save(essay)
        Authorship.objects.create(essay=essay, author=self.people[by])
        essay.tags.set([Tag.objects.ensure(tag) for tag in tags])
        Essay.objects.filter(pk=essay.pk).update(changed=published)
        essay.changed = published
        revisions.ensure_revision(essay)
        self.essays[essay.title], self.published[essay.title] = essay, published

    def add_guests(self, guests: list[dict[str, str]]) -> None:
        """Add guests who are remembered by their browsers and trusted once a comment is approved."""
        self.commenters |= {guest["name"]: Commenter(**guest) for guest in guests}

    def time_of(self, row: dict[str, Any]) -> datetime:
        """Return when a comment of content.toml is posted, or a correction published."""
        return self.published[row["essay"]] + timedelta(minutes=row["minutes"])

    def correct(self, essay: str, minutes: int, comment: str, was: str, becomes: str, by: str) -> None:
        """Publish an essay again with other words, as an answer to the comment with this key."""
        corrected = self.essays[essay]
        at = self.time_of({"essay": essay, "minutes": minutes})
        text = Text.from_essay(corrected)
        text = replace(text, body=text.body.replace(was, becomes))
        revision = revisions.publish(corrected, text, by=self.people[by])
        if revision is None:
            raise ValueError(was)
        Revision.objects.filter(pk=revision.pk).update(created=at, public_from=at)
        Essay.objects.filter(pk=corrected.pk).update(changed=at)
        move_passages.call(corrected.pk)
        objection = self.comments[comment]
        answer = AuthorAnswer(comment=objection, essay=corrected, label=AuthorAnswer.Label.CORRECTED)
        answer.revision, answer.by, answer.created = revision, self.people[by], at
        answer.save()

    def add_comment(
        self, essay: str, by: str, text: str, minutes: int, to: str = "", key: str = "", fate: str = "approved",
        liked_by: tuple[str, ...] = (), on: str = "", answer: dict[str, Any] | None = None, **details: str,
    ) -> None:  # fmt: skip
        """Post a comment and moderate it; `to` and `key` are names of comments, `fate` is the status it ends with.

        `on` are the words of the essay that it is about, `answer` the fields of its author's answer.
        """
        posted = self.time_of({"essay": essay, "minutes": minutes})
        commenter = self.commenters.get(by) or Commenter(name=by, **details)
        if commenter._state.adding:
            commenter.created = commenter.changed = posted
        comment = talking.post(
            essay=self.essays[essay],
            commenter=commenter,
            sender=Sender(),
            text=text,
            parent=self.comments[to].pk if to else None,
            rules=self.rules,
            is_trusted=by in self.people,
            passage=placing.find(self.essays[essay], Quotation(0, 0, on)) if on else None,
        )
        Comment.objects.filter(pk=comment.pk).update(created=posted, changed=posted)
        Wording.objects.filter(comment=comment).update(created=posted)
        if fate in {"approved", "trash"} and not comment.is_approved:
            self.decide(comment, deciding.approve, posted + DECIDED_AFTER)
        if fate == "trash":
            self.removals.append((comment, posted + REMOVED_AFTER))
        if fate == "spam":
            self.decide(comment, deciding.mark_spam, posted + DECIDED_AFTER)
        if key:
            self.comments[key] = comment
        if answer:
            AuthorAnswer.objects.create(comment=comment, essay=self.essays[essay], created=posted, **answer)
        self.likes += [(comment, name, posted + LIKED_AFTER * (n + 1)) for n, name in enumerate(liked_by)]

    def trash_comments(self) -> None:
        """Trash the comments that content.toml marks, once all have their replies."""
        for comment, at in self.removals:
            self.decide(comment, deciding.trash, at)

    def add_likes(self) -> None:
        """Add the likes of comments, once everyone who likes one has commented."""
        for comment, name, at in self.likes:
            liking.like(commenter=self.commenters[name], sender=Sender(), essay=comment.essay, comment=comment.pk)
            Like.objects.filter(comment=comment, commenter=self.commenters[name]).update(created=at)

    def decide(self, comment: Comment, action: Callable[..., Decision], at: datetime) -> None:
        """Moderate a comment as of the given time."""
        decision = action(comment, by=self.people["moderator"])
        Decision.objects.filter(pk=decision.pk).update(created=at)
        Comment.objects.filter(pk=comment.pk).update(changed=at)
