"""Essays with any number of comments, inserted in bulk: the database of a site after years."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import Commenter, User
from blog.models import Authorship, Essay, Series, Tag
from comments.models import Comment, Discussion, Status, TreeNumber, Wording
from tests import make

WORDS = [
    "the",
    "promise",
    "of",
    "an",
    "orchard",
    "is",
    "kept",
    "by",
    "those",
    "who",
    "never",
    "made",
    "it",
    "and",
    "the",
    "answer",
    "to",
    "a",
    "letter",
    "is",
    "not",
    "the",
    "letter",
    "that",
    "was",
    "asked",
    "for",
    "but",
    "another",
    "one",
    "which",
    "begins",
    "where",
    "the",
    "first",
    "was",
    "afraid",
    "to",
    "go",
    "on",
    "because",
    "every",
    "argument",
    "has",
    "a",
    "side",
    "door",
    "through",
    "which",
    "the",
    "person",
    "who",
    "is",
    "right",
    "leaves",
    "without",
    "being",
    "seen",
]
PEOPLE = 60
BATCH = 500


def text(random: Random, count: int = 54) -> str:
    return " ".join(random.choice(WORDS) for _ in range(count)).capitalize() + "."


def parents(count: int, random: Random, roots: float, depth: int) -> Iterator[int | None]:
    """For each comment, the index of its parent: a share of `roots` have none, and none is deeper than `depth`."""
    levels: list[int] = []
    for index in range(count):
        parent = None if index == 0 or random.random() < roots else random.randrange(max(0, index - 40), index)
        if parent is not None and levels[parent] + 1 >= depth:
            parent = None
        levels.append(0 if parent is None else levels[parent] + 1)
        yield parent


def nested_sets(parent_indexes: list[int | None]) -> tuple[list[int], list[int], list[int], list[int]]:
    """The nested sets of a forest given by parents: root, left, right and level of each."""
    below: list[list[int]] = [[] for _ in parent_indexes]
    for index, parent in enumerate(parent_indexes):
        if parent is not None:
            below[parent].append(index)
    root, left, right, level = ([0] * len(parent_indexes) for _ in range(4))
    for top, parent in enumerate(parent_indexes):
        if parent is not None:
            continue
        number, walk = 0, [(top, False)]
        while walk:
            index, is_left = walk.pop()
            number += 1
            if is_left:
                right[index] = number
                continue
            root[index], left[index] = top, number
            level[index] = 0 if index == top else level[parent_indexes[index]] + 1  # type: ignore[index]
            walk.append((index, True))
            walk += [(child, False) for child in reversed(below[index])]
    return root, left, right, level


def essay(count: int, *, roots: float = 0.28, depth: int = 6, seed: int = 1, people: int = PEOPLE) -> Essay:
    """An essay of 1,500 words with `count` approved comments of 54 words; `roots=0` puts them into one thread."""
    random = Random(seed)
    body = "".join(f"<p>{text(random, 150)}</p>" for _ in range(10))
    made = make.essay(f"Of {count} comments", body=body, by=make.author())
    readers = [Commenter(name=f"Reader {number}", email=f"reader{number}@example.org") for number in range(people)]
    Commenter.objects.bulk_create(readers, batch_size=BATCH)
    parent_indexes = list(parents(count, random, roots, depth))
    root, left, right, level = nested_sets(parent_indexes)
    tops = [index for index, parent in enumerate(parent_indexes) if parent is None]
    trees = TreeNumber.objects.bulk_create([TreeNumber() for _ in tops], batch_size=BATCH)
    tree = {index: number.pk for index, number in zip(tops, trees, strict=True)}
    readable = Counter(root)
    began = timezone.now() - timedelta(days=2)
    # Keys are chosen here, so that a comment and its wording can refer to each other and each is written once.
    first, first_wording = next_key(Comment), next_key(Wording)
    comments, wordings = [], []
    for index, parent in enumerate(parent_indexes):
        created = began + timedelta(seconds=86_400 * index / count)
        comments.append(
            Comment(  # type: ignore[no-untyped-call]
                pk=first + index, wording_id=first_wording + index, essay=made, commenter=random.choice(readers),
                parent_id=None if parent is None else first + parent, status=Status.APPROVED,
                tree_id=tree[root[index]], lft=left[index], rght=right[index], level=level[index],
                readable=readable[index], created=created, changed=created,
            )
        )  # fmt: skip
        text_ = text(random)
        wordings.append(Wording(pk=first_wording + index, comment_id=first + index, text=text_, html=f"<p>{text_}</p>"))
    with transaction.atomic():
        Comment.objects.bulk_create(comments, batch_size=BATCH)
        Wording.objects.bulk_create(wordings, batch_size=BATCH)
    continue_keys(Comment, Wording)
    Discussion.objects.update_or_create(essay=made, defaults={"comment_count": count, "threads": len(tops)})
    return Essay.objects.get(pk=made.pk)


def essays(count: int, *, years: float = 10) -> list[Essay]:
    """Essays of 300 words without comments, by one author, with one tag, in one series; the newest is an hour old."""
    random = Random(count)
    now, made, first = timezone.now() - timedelta(hours=1), [], next_key(Essay)
    series, _ = Series.objects.get_or_create(title="Everything", slug="everything")
    for number in range(first, first + count):
        published = now - timedelta(days=365 * years * (number - first) / count)
        made.append(
            Essay(
                title=f"Essay number {number}", slug=f"essay-number-{number}", published=published, created=published,
                changed=published, dated=published.date(), body=f"<p>{text(random, 300)}</p>", word_count=300, series=series,
            )
        )  # fmt: skip
    Essay.objects.bulk_create(made, batch_size=BATCH)
    author, tag = (
        User.objects.filter(username="everybody").first() or make.author("everybody"),
        Tag.objects.ensure("All"),
    )
    Authorship.objects.bulk_create([Authorship(essay=essay, author=author) for essay in made], batch_size=BATCH)
    tagged = Essay.tags.through
    tagged._default_manager.bulk_create([tagged(essay=essay, tag=tag) for essay in made], batch_size=BATCH)
    return made


def next_key(model: type[Model]) -> int:
    newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return (newest or 0) + 1


def continue_keys(*models: type[Model]) -> None:
    """Let the database continue its keys after those chosen here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def clear_statistics() -> None:
    """Clear the planner's statistics, as in a table that was just filled; PostgreSQL may have gathered some before."""
    if connection.vendor == "postgresql":
        ours = "relnamespace = 'public'::regnamespace"
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE {ours})")
            cursor.execute(f"UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE {ours} AND relkind IN ('r', 'i')")


def gather_statistics() -> None:
    """Gather the planner's statistics, as on a site that has run for a while."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
