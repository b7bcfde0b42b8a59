"""People and essays for tests: as few words as a test needs, everything else as a site would have it."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import Commenter, User
from blog import actions as writing
from blog import markup
from blog.models import Authorship, Essay, Site
from comments import actions, notices
from comments.models import Comment, Discussion, Rules, TreeNumber, Wording
from comments.screening import Sender

numbers = count(1)


def site(**fields: Any) -> Site:
    found, _ = Site.objects.update_or_create(pk=1, defaults=fields)
    return found


def rules(**fields: Any) -> Rules:
    """The site's rules; in tests nobody waits between two comments unless the test says so."""
    found, _ = Rules.objects.update_or_create(pk=1, defaults={"flood_seconds": 0, "hold_quick": 0} | fields)
    return found


def user(username: str = "", **fields: Any) -> User:
    username = username or f"person{next(numbers)}"
    group = fields.pop("group", None)
    password = fields.pop("password", None)
    made = User(username=username, email=f"{username}@example.org", **fields)
    made.set_password(password) if password else made.set_unusable_password()
    made.save()
    made.prove_address()
    if group:
        made.groups.add(Group.objects.get(name=group))
    return made


def author(username: str = "", **fields: Any) -> User:
    return user(username, group="Authors", is_staff=True, **fields)


def editor(username: str = "", **fields: Any) -> User:
    return user(username, group="Editors", is_staff=True, **fields)


def moderator(username: str = "", **fields: Any) -> User:
    return user(username, group="Moderators", is_staff=True, **fields)


def owner(username: str = "", **fields: Any) -> User:
    return user(username, is_superuser=True, is_staff=True, **fields)


def essay(title: str = "", *, by: User | None = None, is_open: bool = True, **fields: Any) -> Essay:
    """A published essay, unless `published` says otherwise."""
    fields = {"published": timezone.now() - timedelta(days=1), "body": "<p>What I think.</p>"} | fields
    made = writing.save(Essay(title=title or f"Essay {next(numbers)}", **fields))
    if by:
        Authorship.objects.create(essay=made, author=by)
    if not is_open:
        Discussion.objects.create(essay=made, is_open=False)
    return made


def guest(name: str = "Anna Karg", **fields: Any) -> Commenter:
    return Commenter(name=name, **{"email": "anna@example.org"} | fields)


def comment(
    essay: Essay, text: str = "", *, by: Commenter | None = None, to: Comment | None = None, status: str = "approved"
) -> Comment:
    """A comment as the reader's verb puts it there, then with the status the test wants."""
    from moderation import actions as deciding

    if by is None and status == "approved":
        return said(essay, text or f"Words {next(numbers)}", to)
    made = actions.post(
        essay=Essay.objects.get(pk=essay.pk),
        commenter=by or guest(f"Guest {next(numbers)}"),
        sender=Sender("203.0.113.9"),
        text=text or f"Words {next(numbers)}",
        parent=to.pk if to else None,
        is_trusted=status == "approved",
        is_moderator=True,  # who need not wait between two
    )
    if made.status != status:
        judge = User.objects.filter(username="judge").first() or moderator("judge")
        verbs = {
            "approved": deciding.approve, "pending": deciding.unapprove, "spam": deciding.mark_spam, "trash": deciding.trash,
        }  # fmt: skip
        verbs[status](made, by=judge)
    made.refresh_from_db()
    return made


@transaction.atomic
def said(essay: Essay, text: str, to: Comment | None) -> Comment:
    """What `actions.post` does for a guest whom nobody knows and everybody trusts, without asking about their past."""
    root, above = actions.hold(None, essay, to.pk if to else None)
    who = guest(f"Guest {next(numbers)}")
    who.save()
    words = Wording(text=text, html=markup.comment(text), network=Sender("203.0.113.9").network)
    made = Comment.objects.grow(essay=essay, commenter=who, parent=above, root=root, status="approved", wording=words)
    pagecache.bump(essay.cache_key, "comments")
    notices.tell.enqueue(made.pk)
    made.refresh_from_db()
    return made


def waiting(essay: Essay, count: int) -> list[Comment]:
    """Comments that wait, each by a guest of its own, put there as rows: for tests that need many to look at."""
    people = Commenter.objects.bulk_create(Commenter(name=f"Guest {next(numbers)}") for _ in range(count))
    trees = TreeNumber.objects.bulk_create(TreeNumber() for _ in range(count))
    place: dict[str, Any] = {"essay": essay, "status": "pending", "lft": 1, "rght": 2, "level": 0}
    rows: list[Any] = [{"commenter": who, "tree_id": tree.pk} for who, tree in zip(people, trees, strict=True)]
    made: list[Comment] = Comment.objects.bulk_create(Comment.objects.model(**row, **place) for row in rows)
    said = [
        Wording(comment=row, text=f"Held words {n}", html=f"<p>Held words {n}</p>", reasons=[{"code": "first"}])
        for n, row in enumerate(made)
    ]
    for row, wording in zip(made, Wording.objects.bulk_create(said), strict=True):
        row.wording = wording
    Comment.objects.bulk_update(made, ["wording"])
    return made


def details(**fields: str) -> dict[str, str]:
    """What a guest's browser sends from the form."""
    return {
        "text": "What I answer.",
        "name": "Anna Karg",
        "email": "anna@example.org",
        "website": "",
        "parent": "",
        "as": "guest",
    } | fields
