"""What happened to a person's comments: replies, decisions and likes by others, newest first.

All of it is computed from the tables of comments, decisions and likes, so that nothing has to be written, moved or
deleted with them. One statement finds and counts all entries, and reads the rows of one page. Nothing is an entry that
someone did whom the person muted with their account, or in the browser: `muted` has the keys of the latter.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Exists, IntegerField, JSONField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Authorship
from comments.models import Comment, Like, Rules
from comments.models.passage import quotation_of
from comments.threads import removals

REPLY, DECISION, LIKE, ANSWER = "reply", "decision", "like", "answer"
KINDS = (REPLY, DECISION, LIKE, ANSWER)
MAX_COUNTED = 100
NAMED = re.compile(r"%\((\w+)\)s")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# The person's comments on public essays. Each part below begins with these few rows, whatever statistics the database
# has: CROSS JOIN keeps the order of tables on SQLite.
OWN = """
own AS MATERIALIZED (
    SELECT said.id, said.status, said.removed_by, said.likes, said.changed, said.rght - said.lft > 1 AS has_replies
    FROM comments_comment said CROSS JOIN blog_essay essay
    WHERE said.commenter_id = %(me)s AND essay.id = said.essay_id AND essay.published <= %(now)s
)
"""
# A held reply counts from its approval on. `||` keeps a database without statistics from using an index of that column,
# in which it would read all approvals, or below all approved comments, for each row.
APPROVAL = """(
    SELECT MIN(made.created) FROM comments_decision made
    WHERE made.comment_id = reply.id AND made.verb || '' = 'approve' AND made.before <> 'approved'
)"""
REPLIES = """
    FROM own CROSS JOIN comments_comment reply
    WHERE own.has_replies AND reply.parent_id = own.id AND reply.status || '' = 'approved' AND {by_others}
"""
# Only what explains a comment's present status: not what an undo took back, and nothing about spam.
DECISIONS = """
    FROM own CROSS JOIN comments_decision made
    WHERE made.comment_id = own.id AND made.after = own.status AND COALESCE(made.moderator_id, 0) <> %(user)s AND (
        made.after = 'approved' AND made.before <> 'approved' AND made.verb IN ('approve', 'restore')
        OR made.after = 'trash' AND own.removed_by = 'moderator' AND made.verb IN ('trash', 'rule', 'deny')
    )
"""
LIKES = """
    FROM own CROSS JOIN comments_like liked
    WHERE own.likes > 0 AND own.status = 'approved' AND liked.comment_id = own.id AND {by_others}
"""
# What readers see of an author's answer (AuthorAnswer.shown), by someone else.
ANSWERS = """
    FROM own CROSS JOIN comments_authoranswer answered
    WHERE own.status = 'approved' AND answered.comment_id = own.id AND {by_others} AND (
        answered.label IN ('stands', 'misread') OR answered.label = 'corrected' AND answered.revision_id IS NOT NULL
        OR (answered.is_picked OR answered.is_strongest)
            AND NOT EXISTS (SELECT 1 FROM comments_rules WHERE NOT authors_pick)
    )
"""
ANSWERED_BY = (
    "COALESCE((SELECT MIN(person.id) FROM accounts_commenter person WHERE person.user_id = answered.by_id), 0)"
)
BY_OTHERS = "{key} <> %(me)s AND {key} NOT IN (SELECT muted_id FROM comments_mute WHERE commenter_id = %(me)s)"
# `low` and `high` are the keys of the first and the last row that an entry summarizes.
ENTRIES = """
SELECT 'reply' AS kind, reply.id AS target, reply.id AS low, reply.id AS high,
    COALESCE({approval}, reply.created) AS at, 1 AS amount {replies}
UNION ALL
SELECT 'decision', own.id, MIN(made.id), MAX(made.id), MAX(made.created), 1 {decisions} GROUP BY own.id
UNION ALL
SELECT 'like', own.id, MIN(liked.id), MAX(liked.id), MAX(liked.created), COUNT(*) {likes} GROUP BY own.id, {day}
UNION ALL
SELECT 'answer', own.id, own.id, own.id, answered.created, 1 {answers}
"""
PAGE = """
WITH {own},
entry AS MATERIALIZED ({entries}),
tally AS (
    SELECT COUNT(CASE WHEN kind = 'reply' THEN 1 END) AS replies,
        COUNT(CASE WHEN kind = 'decision' THEN 1 END) AS decisions,
        COUNT(CASE WHEN kind = 'like' THEN 1 END) AS likes,
        COUNT(CASE WHEN kind = 'answer' THEN 1 END) AS answers,
        COUNT(CASE WHEN at > %(since)s THEN 1 END) AS recent
    FROM entry
),
page AS MATERIALIZED (
    SELECT * FROM entry WHERE kind IN ({kinds}) ORDER BY at DESC, target DESC, kind LIMIT %(count)s OFFSET %(start)s
),
detail ({columns}) AS MATERIALIZED ({details})
SELECT tally.replies, tally.decisions, tally.likes, tally.answers, tally.recent,
    page.kind, page.target, page.at, page.amount, first_liker.name, last_liker.name, made.verb, detail.*
FROM tally LEFT JOIN page ON TRUE
LEFT JOIN detail ON detail.d0 = page.target
LEFT JOIN comments_like first_like ON page.kind = 'like' AND first_like.id = page.low
LEFT JOIN accounts_commenter first_liker ON first_liker.id = first_like.commenter_id
LEFT JOIN comments_like last_like ON page.kind = 'like' AND last_like.id = page.high
LEFT JOIN accounts_commenter last_liker ON last_liker.id = last_like.commenter_id
LEFT JOIN comments_decision made ON page.kind = 'decision' AND made.id = page.high
ORDER BY page.at DESC, page.target DESC, page.kind
"""
# The same conditions, for the masthead of every page; rows that have not changed since the last visit are skipped.
COUNT_NEW = """
WITH {own},
visit AS MATERIALIZED (
    SELECT COALESCE((SELECT seen FROM comments_replyinbox WHERE commenter_id = %(me)s), %(since)s) AS seen
)
SELECT COUNT(*) FROM (SELECT 1 FROM (
    SELECT 1 {replies} AND reply.changed > (SELECT seen FROM visit) AND (
        reply.created > (SELECT seen FROM visit) OR {approval} > (SELECT seen FROM visit)
    )
    UNION ALL
    SELECT 1 {decisions} AND own.changed > (SELECT seen FROM visit) AND made.created > (SELECT seen FROM visit)
        GROUP BY own.id
    UNION ALL
    SELECT 1 {likes} AND liked.created > (SELECT seen FROM visit) GROUP BY own.id, {day}
    UNION ALL
    SELECT 1 {answers} AND own.changed > (SELECT seen FROM visit) AND answered.created > (SELECT seen FROM visit)
) entry LIMIT {limit}) counted
"""
RULES = ("likes", "guests_may_like", "close_after_days", "writers_may_appeal", "authors_pick")
DETAILS = (
    "pk", "parent_id", "status", "removed_by", "likes", "wording__html", "parent__wording__html",
    "commenter__name", "commenter__picture", "commenter__website", "commenter__profile", "essay_id", "essay__kind",
    "essay__title", "essay__slug", "essay__dated", "essay__published", "essay__language",
    "essay__discussion__may_be_liked", "essay__discussion__is_open", "essay__discussion__own_close_after_days",
    "author_answer__label", "author_answer__revision__version", "author_answer__is_picked",
    "author_answer__is_strongest", "author_answer__by__name", "author_answer__by__username",
    "is_liked", "is_by_author", "record", "rules", "quotation",
)  # fmt: skip
COLUMNS = ("kind", "target", "at", "amount", "first_liker", "last_liker", "verb", *DETAILS)


@dataclass(frozen=True)
class Tally:
    """How many entries a person has of each kind, and how many since a time."""

    replies: int = 0
    decisions: int = 0
    likes: int = 0
    answers: int = 0
    recent: int = 0

    @property
    def by_kind(self) -> dict[str, int]:
        return {REPLY: self.replies, DECISION: self.decisions, LIKE: self.likes, ANSWER: self.answers}


def fetch(
    commenter: Commenter,
    *,
    kinds: Sequence[str] = KINDS,
    since: datetime | None,
    start: int = 0,
    count: int,
    muted: Collection[int] = (),
) -> tuple[Tally, list[dict[str, Any]]]:
    """Return the numbers of a person's entries, and a slice of those of some kinds as dicts of columns.

    `since`: the time after which entries are recent; None: all are.
    """
    details, values = select_details(commenter).values_list(*DETAILS).query.sql_with_params()
    named = {f"d{number}": value for number, value in enumerate(values)}
    kind_names = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    sql = PAGE.format(
        own=OWN,
        entries=ENTRIES.format(**parts(muted)),
        kinds=", ".join(f"%({name})s" for name in kind_names),
        columns=", ".join(f"d{number}" for number in range(len(DETAILS))),
        details=details % tuple(f"%({name})s" for name in named),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql, {**arguments(commenter, since, muted), **named, **kind_names, "count": count, "start": start}
        )
        rows = cursor.fetchall()
    tally = Tally(*rows[0][:5])
    return tally, [dict(zip(COLUMNS, row[5:], strict=True)) for row in rows if row[5] is not None]


def count_new(commenter: Commenter, muted: Collection[int] = ()) -> int:
    """Return how many entries are newer than the person's last visit, at most MAX_COUNTED, by one query."""
    column = new_entries(commenter, muted)
    with connection.cursor() as cursor:
        cursor.execute(column.sql, column.params)
        return int(cursor.fetchone()[0])


def new_entries(commenter: Commenter, muted: Collection[int] = ()) -> RawSQL:
    """Return the number of count_new() as a column of another query."""
    sql, values = COUNT_NEW.format(own=OWN, limit=MAX_COUNTED, **parts(muted)), arguments(commenter, None, muted)
    names = NAMED.findall(sql)
    return RawSQL(NAMED.sub("%s", sql), [values[name] for name in names], IntegerField())  # noqa: S611 – only parameters vary


def parts(muted: Collection[int]) -> dict[str, str]:
    """Return the parts of both statements."""
    return {
        "approval": APPROVAL,
        "replies": REPLIES.format(by_others=by_others("reply.commenter_id", muted)),
        "decisions": DECISIONS,
        "likes": LIKES.format(by_others=by_others("liked.commenter_id", muted)),
        "answers": ANSWERS.format(by_others=by_others(ANSWERED_BY, muted)),
        "day": day_sql("liked.created"),
    }


def by_others(key: str, muted: Collection[int]) -> str:
    """Return the SQL condition that the commenter with this key is another person, whom this one did not mute."""
    found = BY_OTHERS.format(key=key)
    names = ", ".join(f"%(muted{number})s" for number in range(len(muted)))
    return f"{found} AND {key} NOT IN ({names})" if names else found


def arguments(commenter: Commenter, since: datetime | None, muted: Collection[int]) -> dict[str, Any]:
    """Return the values that both statements need."""
    now, then = (connection.ops.adapt_datetimefield_value(time) for time in (timezone.now(), since or LONG_AGO))
    keys = {f"muted{number}": key for number, key in enumerate(muted)}
    return {"me": commenter.pk, "user": commenter.user_id or -1, "now": now, "since": then, **keys}


def day_sql(column: str) -> str:
    """Return SQL for the day of a time by the site's present offset from UTC.

    For half of the year the offset of an older time differs by an hour, which may split a day's likes into two
    entries. Django's function for SQLite, which knows time zones, calls Python for each row.
    """
    offset = timezone.localtime().utcoffset()
    shift = f"{int(offset.total_seconds()) if offset else 0:+d} seconds"
    if connection.vendor == "sqlite":
        return f"date({column}, '{shift}')"
    return f"({column} AT TIME ZONE 'UTC' + interval '{shift}')::date"


def select_details(commenter: Commenter) -> QuerySet[Any]:
    """Select what the page shows of each comment on it: a reply, or one of the person's own."""
    record = Case(When(commenter=commenter.pk, then=removals.removal_record()), output_field=JSONField())
    author = Authorship.objects.filter(essay=OuterRef("essay"), author=OuterRef("commenter__user"))
    liked = Like.objects.filter(comment=OuterRef("pk"), commenter=commenter.pk)
    rules = Rules.objects.values(record=JSONObject(**{name: name for name in RULES}))
    # An array is looked up first. Beside so many joined tables, PostgreSQL looks at a subquery only after joining them
    # for every comment of the site.
    on_page = (
        "= ANY (ARRAY(SELECT target FROM page))"
        if connection.vendor == "postgresql"
        else "IN (SELECT target FROM page)"
    )
    is_on_page = RawSQL(f"comments_comment.id {on_page}", (), BooleanField())  # noqa: S611 – one of two constants
    shown: QuerySet[Any] = Comment.objects.filter(Q(is_on_page)).order_by()
    more: dict[str, Any] = {"is_liked": Exists(liked), "is_by_author": Exists(author), "record": record}
    more["quotation"] = quotation_of()
    found: QuerySet[Any] = shown.annotate(rules=Subquery(rules[:1]), **more)
    return found
