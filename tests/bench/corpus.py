"""Essays with any number of comments, put into the database in bulk: what a site looks like after years."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay
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


def text(random: Random, words: int = 54) -> str:
    return " ".join(random.choice(WORDS) for _ in range(words)).capitalize() + "."


def parents(count: int, random: Random, roots: float, depth: int) -> Iterator[int | None]:
    """For each comment the index of the one it answers: `roots` of them none, nothing below `depth`."""
    levels: list[int] = []
    for index in range(count):
        above = None if index == 0 or random.random() < roots else random.randrange(max(0, index - 40), index)
        if above is not None and levels[above] + 1 >= depth:
            above = None
        levels.append(0 if above is None else levels[above] + 1)
        yield above


def shape(above: list[int | None]) -> tuple[list[int], list[int], list[int], list[int]]:
    """The nested sets of a forest given by parents: root, left, right and level of each."""
    below: list[list[int]] = [[] for _ in above]
    for index, parent in enumerate(above):
        if parent is not None:
            below[parent].append(index)
    root, left, right, level = ([0] * len(above) for _ in range(4))
    for top, parent in enumerate(above):
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
            level[index] = 0 if index == top else level[above[index]] + 1  # type: ignore[index]
            walk.append((index, True))
            walk += [(child, False) for child in reversed(below[index])]
    return root, left, right, level


@transaction.atomic
def essay(count: int, *, roots: float = 0.28, depth: int = 6, seed: int = 1) -> Essay:
    """An essay of 1,500 words with `count` approved comments of 54 words; `roots=0` makes one thread of them."""
    random = Random(seed)
    body = "".join(f"<p>{text(random, 150)}</p>" for _ in range(10))
    made = make.essay(f"Of {count} comments", body=body, by=make.author())
    people = [Commenter(name=f"Reader {number}", email=f"reader{number}@example.org") for number in range(PEOPLE)]
    Commenter.objects.bulk_create(people)
    above = list(parents(count, random, roots, depth))
    root, left, right, level = shape(above)
    trees = {index: TreeNumber() for index, parent in enumerate(above) if parent is None}
    TreeNumber.objects.bulk_create(trees.values())
    now = timezone.now() - timedelta(days=1)
    readable = dict.fromkeys(trees, 0)
    for index in range(count):
        readable[root[index]] += 1
    comments = [
        Comment(  # type: ignore[no-untyped-call]
            essay=made, commenter=random.choice(people), status=Status.APPROVED, tree_id=trees[root[index]].pk,
            lft=left[index], rght=right[index], level=level[index], readable=readable.get(index, 0),
            created=now, changed=now,
        )
        for index in range(count)
    ]  # fmt: skip
    for level_now in range(max(level, default=0) + 1):  # parents before replies, so that they have keys
        wave = [index for index in range(count) if level[index] == level_now]
        for index in wave:
            comments[index].parent = None if above[index] is None else comments[above[index]]  # type: ignore[index]
        Comment.objects.bulk_create([comments[index] for index in wave], batch_size=500)
    wordings = [Wording(comment=comment, text=(words := text(random)), html=f"<p>{words}</p>") for comment in comments]
    Wording.objects.bulk_create(wordings, batch_size=500)
    for comment, wording in zip(comments, wordings, strict=True):
        comment.wording = wording
    Comment.objects.bulk_update(comments, ["wording"], batch_size=500)
    Discussion.objects.update_or_create(essay=made, defaults={"responses": count, "threads": len(trees)})
    return Essay.objects.get(pk=made.pk)
