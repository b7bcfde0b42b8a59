"""Factories for people, essays and comments, with defaults as on a real site."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import Commenter, User
from blog import actions as writing
from blog import markup
from blog.models import Announcement, Authorship, Essay, Site
from comments.models import Comment, Discussion, Rules, Status, TreeNumber, Wording
from comments.posting import actions
from comments.screening.screening import Sender
from comments.transitions import adjust_counts, transition

numbers = count(1)


@transaction.atomic
def site(**fields: Any) -> Site:
    row, _ = Site.objects.update_or_create(pk=1, defaults=fields)
    pagecache.invalidate("site")
    return row


@transaction.atomic
def rules(**fields: Any) -> Rules:
    """Return the site's rules, without a pause between two comments unless the test sets one."""
    fields = {"flood_seconds": 0, "hold_quick": 0} | fields
    if not Rules.objects.filter(pk=1).update(**fields):
        Rules.objects.create(pk=1, **fields)
    pagecache.invalidate("site")
    return Rules.objects.get()


def user(username: str = "", **fields: Any) -> User:
    username = username or f"person{next(numbers)}"
    group = fields.pop("group", None)
    password = fields.pop("password", None)
    user_ = User(username=username, email=f"{username}@example.org", **fields)
    user_.set_password(password) if password else user_.set_unusable_password()
    user_.save()
    EmailAddress.objects.create(user=user_, email=user_.email.lower(), verified=True, primary=True)
    if group:
        User.groups.through.objects.create(user=user_, group=Group.objects.get(name=group))
    return user_


def author(username: str = "", **fields: Any) -> User:
    return user(username, group="Authors", is_staff=True, **fields)


def editor(username: str = "", **fields: Any) -> User:
    return user(username, group="Editors", is_staff=True, **fields)


def moderator(username: str = "", **fields: Any) -> User:
    """A moderator who is emailed about each comment immediately, unless the test says otherwise."""
    return user(username, group="Moderators", is_staff=True, **{"queue_mail": "each"} | fields)


def owner(username: str = "", **fields: Any) -> User:
    return user(username, is_superuser=True, is_staff=True, **{"queue_mail": "each"} | fields)


def essay(title: str = "", *, by: User | None = None, is_open: bool = True, **fields: Any) -> Essay:
    """A published essay, unless `published` says otherwise."""
    fields = {"published": timezone.now() - timedelta(days=1), "body": "<p>What I think.</p>"} | fields
    essay_ = writing.save(Essay(title=title or f"Essay {next(numbers)}", **fields))
    if by:
        Authorship.objects.create(essay=essay_, author=by)
    if not is_open:
        Discussion.objects.create(essay=essay_, is_open=False)
    return essay_


def guest(name: str = "Anna Karg", **fields: Any) -> Commenter:
    return Commenter(name=name, **{"email": "anna@example.org"} | fields)


def announce(essay: Essay, due: datetime | None = None) -> Announcement:
    """Emails to the subscribers of new essays that are due, if not at another time."""
    return Announcement.objects.create(essay=essay, due=due or timezone.now())


def comment(
    essay: Essay, text: str = "", *, by: Commenter | None = None, to: Comment | None = None, status: str = "approved"
) -> Comment:
    """Post a comment as a reader does, then give it the status that the test needs."""
    from moderation.decisions import actions as deciding

    if status == "approved":
        return post_comment(essay, text or f"Words {next(numbers)}", to, by)
    current = Rules.objects.current()
    current.flood_seconds = 0  # no pause between two comments
    comment_ = actions.post(
        essay=Essay.objects.get(pk=essay.pk),
        commenter=by or guest(f"Guest {next(numbers)}"),
        sender=Sender("203.0.113.9"),
        text=text or f"Words {next(numbers)}",
        parent=to.pk if to else None,
        rules=current,
    )
    if comment_.status != status:
        moderator_ = User.objects.filter(username="judge").first() or moderator("judge")
        decide = {
            "pending": deciding.unapprove, "spam": deciding.mark_spam, "trash": deciding.trash,
        }  # fmt: skip
        decide[status](comment_, by=moderator_)
    comment_.refresh_from_db()
    return comment_


@transaction.atomic
def post_comment(essay: Essay, text: str, to: Comment | None, by: Commenter | None = None) -> Comment:
    """Post a comment by a trusted commenter, without looking at the commenter's history."""
    root, parent = actions.lock_commenter_and_thread(None, essay, to.pk if to else None)
    commenter = by or guest(f"Guest {next(numbers)}")
    if commenter._state.adding:
        commenter.save()
    wording = Wording(text=text, html=markup.clean_comment(text), network=Sender("203.0.113.9").network)
    comment_ = Comment.objects.insert_comment(essay=essay, commenter=commenter, parent=parent, wording=wording)
    transition(comment_, Status.APPROVED, root=root or comment_)
    comment_.refresh_from_db()
    return comment_


@transaction.atomic
def create_thread(essay: Essay, *parents: int | None) -> list[Comment]:
    """Insert approved comments as rows, for tests that need many to read.

    Each number is the index of the parent among them; None starts a thread.
    """
    people = Commenter.objects.bulk_create(guest(f"Guest {next(numbers)}") for _ in parents)
    trees = iter(TreeNumber.objects.bulk_create(TreeNumber() for parent in parents if parent is None))
    comments: list[Comment] = []
    for commenter, parent in zip(people, parents, strict=True):
        new: Comment = Comment.objects.model(
            essay=essay, commenter=commenter, status="approved", lft=1, rght=2, level=0
        )
        if parent is None:
            new.tree_id = next(trees).pk
        else:
            new.tree_id, new.level = comments[parent].tree_id, comments[parent].level + 1
            new.lft = comments[parent].rght
            new.rght = new.lft + 1
            for row in [row for row in comments if row.tree_id == new.tree_id]:
                row.lft += 2 * (row.lft >= new.lft)
                row.rght += 2 * (row.rght >= new.lft)
        comments.append(new)
    for root in comments:
        if root.level == 0:
            root.readable = sum(row.tree_id == root.tree_id for row in comments)
    tree_ids, texts = [row.tree_id for row in comments], []
    for index, row in enumerate(comments):
        row.tree_id = 2_000_000_000 + index  # temporary, because two roots must never share a number
    Comment.objects.bulk_create(comments)
    for row, tree, parent in zip(comments, tree_ids, parents, strict=True):
        row.tree_id, row.parent = tree, None if parent is None else comments[parent]
        text = f"Words {next(numbers)}"
        texts.append(Wording(comment=row, text=text, html=f"<p>{text}</p>", network=Sender("203.0.113.9").network))
    for row, wording in zip(comments, Wording.objects.bulk_create(texts), strict=True):
        row.wording = wording
    Comment.objects.bulk_update(comments, ["tree_id", "parent", "wording"])
    adjust_counts(essay.pk, comments=len(parents), threads=parents.count(None))
    pagecache.invalidate(essay.cache_key, "comments")
    return comments


def pending_comments(essay: Essay, count: int = 0, texts: Mapping[str, str] | None = None) -> list[Comment]:
    """Insert pending comments as rows, each by its own guest, for tests that need many to moderate.

    `texts` maps the names of guests to texts.
    """
    texts = texts or {f"Guest {next(numbers)}": f"Held words {n}" for n in range(count)}
    people = Commenter.objects.bulk_create(Commenter(name=name) for name in texts)
    trees = TreeNumber.objects.bulk_create(TreeNumber() for _ in texts)
    common_fields: dict[str, Any] = {"essay": essay, "status": "pending", "lft": 1, "rght": 2, "level": 0}
    rows: list[Any] = [
        {"commenter": commenter, "tree_id": tree.pk} for commenter, tree in zip(people, trees, strict=True)
    ]
    comments: list[Comment] = Comment.objects.bulk_create(Comment.objects.model(**row, **common_fields) for row in rows)
    wordings = [
        Wording(comment=row, text=text, html=markup.clean_comment(text), reasons=[{"code": "first"}])
        for row, text in zip(comments, texts.values(), strict=True)
    ]
    for row, wording in zip(comments, Wording.objects.bulk_create(wordings), strict=True):
        row.wording = wording
    Comment.objects.bulk_update(comments, ["wording"])
    return comments


def guest_form(**fields: str) -> dict[str, str]:
    """Return the form data that a guest's browser sends."""
    return {
        "text": "What I answer.",
        "name": "Anna Karg",
        "email": "anna@example.org",
        "website": "",
        "parent": "",
        "on": "",
        "as": "guest",
    } | fields
