"""Fills a database with a site of any size: threads, people, decisions, reports, likes, emails and the search index.

Rows are inserted in bulk in the order in which a site would have written them, with the counts that they imply.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

import search.indexing
from accounts.models import Commenter, User
from blog.indexing import build_entries
from blog.models import Authorship, Essay
from comments.models import (
    Address,
    Comment,
    Decision,
    Discussion,
    Like,
    Notice,
    Report,
    Subscription,
    TreeNumber,
    Wording,
)
from search.indexing import key, tokens_of
from search.models import Entry, Kind
from tests import make
from tests.bench import corpus
from tests.bench.search import Texts, index_built_afterwards

ESSAYS = 1_000
SIZES = (10, 1_000, 10_000, 100_000)  # comments on the first essays; the larger ones only where they are a tenth
YEARS = 8
TEXTS = 5_000  # different ones; each comment begins with its number
PENDING, UNSEEN_SPAM, SPAM, TRASH, DELETED = 0.01, 0.03, 0.01, 0.02, 0.005  # shares of all comments
BUSY_COMMENTS = 50  # of the owner
OWN_ESSAYS = 20  # of the owner

Row = tuple[Any, ...]


class Plan:
    """What each comment is, in the order in which they were written; primary keys are positions plus one."""

    text_of: Sequence[int]  # by position: its place in the pool of texts
    pool: list[str]
    by: Sequence[int]  # by position: the commenter

    def __init__(self, comments: int, essays: Sequence[Essay], random: Random) -> None:
        self.random, self.essays, self.now = random, essays, datetime.now(UTC)
        self.started = self.now - timedelta(days=365 * YEARS)
        order: list[tuple[float, int, int]] = []
        shapes = [self.shape(count) for count in sizes(comments, len(essays), random)]
        for number, (parents, *_rest) in enumerate(shapes):
            began = (essays[number].published or self.started) - self.started
            ages = sorted(random.expovariate(1 / (20 * 86_400)) for _ in parents)
            room = (datetime.now(UTC) - self.started - began).total_seconds()
            scale = min(1.0, room / (ages[-1] + 60)) if ages else 1.0
            order += [(began.total_seconds() + age * scale, number, at) for at, age in enumerate(ages)]
        order.sort()
        count = len(order)
        self.count = count
        self.time = array("d", (time for time, _essay, _at in order))
        self.essay = array("l", (essay for _time, essay, _at in order))
        keys = [array("l", bytes(8 * len(parents))) for parents, *_rest in shapes]
        for position, (_time, essay, at) in enumerate(order):
            keys[essay][at] = position + 1
        self.parent, self.tree = array("l", bytes(8 * count)), array("l", bytes(8 * count))
        self.left, self.right, self.level = (array("l", bytes(8 * count)) for _ in range(3))
        trees = 0
        for position, (_time, essay, at) in enumerate(order):
            parents, root, left, right, level = shapes[essay]
            if parents[at] is None:
                trees += 1
                self.tree[position] = trees
            else:
                self.parent[position] = keys[essay][parents[at]]
                self.tree[position] = self.tree[keys[essay][root[at]] - 1]
            self.left[position], self.right[position], self.level[position] = left[at], right[at], level[at]
        self.trees = trees
        self.status = [self.draw_status() for _ in range(count)]
        self.readable = array("l", bytes(8 * (trees + 1)))
        for position in range(count):
            self.readable[self.tree[position]] += self.status[position][0] == "approved"

    def shape(self, count: int) -> tuple[Any, ...]:
        parents = list(corpus.parents(count, self.random, 0.28, 6))
        return parents, *corpus.nested_sets(parents)

    def draw_status(self) -> tuple[str, str, bool]:
        """Return a status, who removed the comment, and whether its text is deleted."""
        drawn = self.random.random()
        for share, status in (
            (PENDING, ("pending", "", False)),
            (UNSEEN_SPAM, ("spam", "", False)),
            (SPAM, ("spam", "moderator", False)),
            (TRASH, ("trash", "moderator", False)),
            (DELETED, ("trash", "author", True)),
        ):
            if drawn < share:
                return status
            drawn -= share
        return "approved", "", False

    def when(self, position: int, later: float = 0) -> str:
        """Return a time as both databases read it."""
        moment = self.started + timedelta(seconds=int(self.time[position] + later))
        return str(min(moment, self.now))[:19]


def sizes(comments: int, essays: int, random: Random) -> list[int]:
    """Return how many comments each essay has."""
    first = [size for size in SIZES if size * 10 <= comments or size <= SIZES[1]]
    weights = [random.lognormvariate(0, 1) for _ in range(essays - len(first))]
    rest = max(0, comments - sum(first)) / sum(weights)
    return [*first, *(round(weight * rest) for weight in weights)]


def fill(comments: int) -> None:
    """Fill a migrated, empty database with everything but the search index."""
    random, texts = Random(comments), Texts()
    make.site(public_record=True)
    make.rules(hold_first_comment=False)
    owner = make.owner("owner")
    moderators = [owner.pk, *(make.moderator(f"moderator{at}").pk for at in range(3))]
    essays = fill_essays(owner, random, texts)
    plan = Plan(comments, essays, random)
    with transaction.atomic():
        people = fill_people(owner, max(comments // 10, 200), random)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA defer_foreign_keys = ON")
        fill_comments(plan, people, random, texts)
        fill_discussions(plan, people, random)
        fill_decisions(plan, moderators)
        fill_emails(plan, people, random)
    reset_keys()


def fill_essays(owner: User, random: Random, texts: Texts) -> list[Essay]:
    """Insert the essays and return them, the oldest first after those of given sizes, which are a year old."""
    made = list(reversed(corpus.essays(ESSAYS, years=YEARS)))
    special, at = len(SIZES), ESSAYS - ESSAYS // YEARS
    chosen = made[at : at + special] + made[:at] + made[at + special :]
    for essay in chosen:
        essay.body = f"<p>{texts.text(600)}</p>"
    Essay.objects.bulk_update(chosen, ["body"], batch_size=200)
    owned = random.sample([essay.pk for essay in chosen[special:]], OWN_ESSAYS)
    Authorship.objects.filter(essay__in=owned).update(author=owner)
    return chosen


def fill_people(owner: User, count: int, random: Random) -> list[int]:
    """Insert guests and accounts; return the keys of their commenters, the owner's first."""
    Commenter.objects.for_user(owner)
    first, first_user = corpus.next_key(Commenter), corpus.next_key(User)
    accounts = count // 50
    users = ((first_user + at, f"reader{at}", f"reader{at}@example.org") for at in range(accounts))
    insert(User, ("id", "username", "email"), users, password="!")
    rows = (
        (first + at, first_user + at if at < accounts else None, f"Reader {at}", f"reader{at}@example.org")
        for at in range(count)
    )
    insert(Commenter, ("id", "user_id", "name", "email"), rows)
    keys = list(range(first, first + count))
    random.shuffle(keys)
    return [owner.commenter.pk, *keys]


def fill_comments(plan: Plan, people: list[int], random: Random, texts: Texts) -> None:
    """Insert the comments with their texts, likes and reports."""
    plan.text_of = array("l", (random.randrange(TEXTS) for _ in range(plan.count)))
    plan.pool = [texts.text(40) for _ in range(TEXTS)]
    step = max(1, plan.count // BUSY_COMMENTS)
    plan.by = array(
        "l",
        (
            people[0] if at % step == 7 else people[1 + int((len(people) - 1) * random.random() ** 2)]
            for at in range(plan.count)
        ),
    )
    liked = [0] * plan.count
    likes: list[tuple[int, int]] = []
    for at in range(plan.count):
        if plan.status[at][0] == "approved" and random.random() < 0.15:
            likers = {random.choice(people) for _ in range(random.randrange(1, 4))}
            liked[at] = len(likers)
            likes += [(at, liker) for liker in sorted(likers)]
    reported = {at for at in range(plan.count) if plan.status[at][0] == "approved" and random.random() < 0.001}
    insert(TreeNumber, ("id",), ((at + 1,) for at in range(plan.trees)))
    rows = (
        (
            at + 1, plan.essays[plan.essay[at]].pk, plan.by[at], plan.parent[at] or None,
            None if plan.status[at][2] else at + 1, plan.status[at][0], plan.status[at][1],
            0 if plan.level[at] else plan.readable[plan.tree[at]], liked[at], int(at in reported), plan.when(at), plan.when(at),
            0.97 if plan.status[at][0] == "spam" else 0.02, plan.tree[at], plan.left[at], plan.right[at], plan.level[at],
        )
        for at in range(plan.count)
    )  # fmt: skip
    columns = (
        "id", "essay_id", "commenter_id", "parent_id", "wording_id", "status", "removed_by", "readable", "likes",
        "reports", "created", "changed", "spam_score", "tree_id", "lft", "rght", "level",
    )  # fmt: skip
    insert(Comment, columns, rows, edited=None)
    reasons = {"pending": '[{"code": "first"}]', "spam": '[{"code": "spam", "score": 0.97}]'}
    recent = plan.count - plan.count // 100
    wordings = (
        (
            at + 1, at + 1, f"{at + 1} {plan.pool[plan.text_of[at]]}", f"<p>{at + 1} {plan.pool[plan.text_of[at]]}</p>",
            reasons.get(plan.status[at][0], "[]"), f"203.0.{at % 200}.0/24" if at > recent else "",
            plan.when(at),
        )
        for at in range(plan.count)
        if not plan.status[at][2]
    )  # fmt: skip
    of_wordings = ("id", "comment_id", "text", "html", "reasons", "network", "created")
    insert(Wording, of_wordings, wordings, submission_key="")
    insert(Like, ("comment_id", "commenter_id", "created"), ((at + 1, by, plan.when(at, 600)) for at, by in likes))
    reports = ((at + 1, plan.by[at - 1] if at else None, plan.when(at, 900)) for at in sorted(reported))
    insert(Report, ("comment_id", "commenter_id", "created"), reports, kind="rude")


def fill_discussions(plan: Plan, people: list[int], random: Random) -> None:
    """Insert the essays' counts and likes."""
    approved, threads = [0] * len(plan.essays), [0] * len(plan.essays)
    for at in range(plan.count):
        approved[plan.essay[at]] += plan.status[at][0] == "approved"
        threads[plan.essay[at]] += plan.level[at] == 0 and plan.readable[plan.tree[at]] > 0
    likers = [random.sample(people, random.randrange(5, 50)) for _ in plan.essays]
    rows = ((essay.pk, approved[at], threads[at], len(likers[at])) for at, essay in enumerate(plan.essays))
    Discussion.objects.all().delete()
    insert(Discussion, ("essay_id", "comment_count", "threads", "likes"), rows, rules_id=1)
    likes = ((essay.pk, liker) for at, essay in enumerate(plan.essays) for liker in likers[at])
    insert(Like, ("essay_id", "commenter_id"), likes)


def fill_decisions(plan: Plan, moderators: list[int]) -> None:
    """Insert the log: what was removed by hand, and every fiftieth approval."""
    verbs = {"spam": Decision.Verb.SPAM, "trash": Decision.Verb.TRASH, "approved": Decision.Verb.APPROVE}

    def rows() -> Iterator[Row]:
        for at in range(plan.count):
            status, removed_by, _is_deleted = plan.status[at]
            if removed_by == "moderator" or (status == "approved" and at % 50 == 0):
                yield (
                    at + 1, at + 1, plan.essays[plan.essay[at]].pk, moderators[at % 4], verbs[status].value, status,
                    plan.when(at, 7200),
                )  # fmt: skip

    columns = ("comment_id", "comment_number", "essay_id", "moderator_id", "verb", "after", "created")
    insert(Decision, columns, rows(), before="pending")


def fill_emails(plan: Plan, people: list[int], random: Random) -> None:
    """Insert subscribers and the emails that were sent to them."""
    count = max(20, plan.count // 100)
    now = timezone.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    addresses = ((at + 1, f"reader{at}@example.org", now) for at in range(count))
    insert(Address, ("id", "email", "verified"), addresses)
    rows = (
        (at + 1, people[at + 1] if at % 2 else None, plan.essays[at % 900 + 50].pk if at % 2 == 0 else None,
         "replies" if at % 2 else "essay", now)
        for at in range(min(count, len(people) - 1))
    )  # fmt: skip
    insert(Subscription, ("address_id", "commenter_id", "essay_id", "kind", "confirmed"), rows)
    notices = (
        (position + 1, f"reader{random.randrange(count)}@example.org", *[plan.when(position, 60)] * 3)
        for position in range(0, plan.count, 10)
        if plan.status[position][0] == "approved"
    )
    insert(Notice, ("comment_id", "email", "due", "created", "changed"), notices, kind="reply", state="sent")


def hurry() -> None:
    """Let SQLite use more memory and not wait for the disk."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -1000000")
            cursor.execute("PRAGMA synchronous = OFF")


def fill_search() -> None:
    """Insert the search index."""
    tokens: dict[str, str] = {}
    names = ("pk", "created", "essay", "commenter", "wording__text")
    approved = Comment.objects.approved().order_by("created", "pk").values_list(*names)
    found = []
    for pk, created, essay, by, text in approved.iterator(chunk_size=5_000):
        said = text.partition(" ")[2]
        if said not in tokens:
            tokens[said] = tokens_of(said, "en")
        found.append((key(Kind.COMMENT, created, number=pk), essay, pk, by, sys.intern(said)))

    def rows() -> Iterator[Row]:
        for id_, essay, pk, by, said in sorted(found):
            yield id_, essay, pk, f"/comments/{pk}/", f"c{by}", f"{pk} {said}", f"{tokens[said]} w{pk}"

    with transaction.atomic(), index_built_afterwards():
        Entry.objects.all().delete()
        insert(Entry, ("id", "essay", "number", "address", "authors", "text", "tokens"), rows(), language="en")
        search.indexing.add(*(entry for essay in Essay.objects.all() for entry in build_entries(essay)))


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Row], **constants: Any) -> None:
    """Insert rows in one go; other columns have the given value, or the field's default."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    others = {
        name: constants[name] if name in constants else field.get_db_prep_save(field.get_default(), connection)
        for name, field in fields.items()
        if name not in columns and not (field.primary_key and field.column == "id")
    }
    others = {name: plain(value) for name, value in others.items()}
    names, values = [*columns, *others], tuple(others.values())
    quoted = ", ".join(connection.ops.quote_name(str(name)) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row((*row, *values))
        else:
            marks = ", ".join("?" * len(names))
            connection.connection.executemany(
                f"INSERT INTO {table} ({quoted}) VALUES ({marks})", ((*row, *values) for row in rows)
            )


def plain(value: Any) -> Any:
    """Return a default as text or number, which both databases read."""
    if hasattr(value, "obj"):  # psycopg's wrapper of JSON
        return "[]" if value.obj == [] else "{}"
    return value


def reset_keys() -> None:
    """Let PostgreSQL continue the keys after those chosen here."""
    models = [User, Commenter, Comment, Wording, TreeNumber, Address, Decision, Like, Notice, Report, Subscription]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
