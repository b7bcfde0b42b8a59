"""The paragraph that a comment is about before and after a correction, with the changed words marked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from blog.difference import MIN_SIMILARITY, Budget, similarity, split_words
from blog.difference.blocks import Token
from blog.difference.rendering import join_changes, merge_neighbors, render_tokens
from blog.difference.sequences import compare_sequences
from blog.models import Revision
from comments.passages import matching
from comments.passages.placing import read_text
from pagecache.store import Store, Stored

MAX_PAIRS = 100_000  # pairs of words compared for one paragraph
KEPT = 30  # words, signs and spaces beside a change

Parts = list[tuple[list[Token], bool]]  # tokens, and whether they are marked


@dataclass(slots=True, eq=False)
class Change(Stored):
    """A paragraph as HTML before and after a change; empty where it does not exist."""

    before: SafeString
    now: SafeString

    @property
    def size(self) -> int:
        return 4 * (len(self.before) + len(self.now))


changes: Store[Change] = Store(settings.PAGECACHE_BYTES // 32, max_entries=2000)


def find_change(quotation: str, quoted_from: Revision, old: Revision, new: Revision) -> Change:
    """Return what became of the paragraph with a quotation between two revisions, computed once in each process."""
    revisions = "-".join(f"{one.pk}:{one.created.isoformat()}" for one in (quoted_from, old, new))
    key = (revisions, quotation, get_language() or "")
    found = changes.get(key)
    if found is None:
        found = compare(*find_paragraphs(quotation, *(read_text(one) for one in (quoted_from, old, new))))
        changes.set(key, found)
    return found


def find_paragraphs(
    quotation: str, quoted_from: matching.Text, old: matching.Text, new: matching.Text
) -> tuple[str, str]:
    """Return the words of the paragraph with a quotation in the old and in the new text; empty if it has none."""
    place = matching.locate(quoted_from, matching.Passage(0, quotation))
    if place is None:
        return "", ""
    before = paragraph_of(quoted_from, old, place)
    after = paragraph_of(quoted_from, new, place)
    if before and not after:
        after = most_similar(before, old, new)
    return before, after


def paragraph_of(text: matching.Text, other: matching.Text, place: matching.Place) -> str:
    """Return the words of the paragraph in which a place of a text is in another text."""
    found = place if other is text else matching.find_again(text, other, [matching.quote(text, place)])[0].place
    number = found.paragraph if found else None
    return next((one.words for one in other.paragraphs if one.number == number), "")


def most_similar(words: str, old: matching.Text, new: matching.Text) -> str:
    """Return the new paragraph that shares the most words with a changed one, if that is enough."""
    kept = {paragraph.words for paragraph in old.paragraphs}
    wanted = Counter(words.split())
    ranked = [(similarity(wanted, Counter(one.words.split())), one.words) for one in new.paragraphs]
    best, found = max(((alike, one) for alike, one in ranked if one not in kept), default=(0.0, ""))
    return found if best > MIN_SIMILARITY else ""


def compare(before: str, now: str) -> Change:
    """Mark the words that were removed and those that were added, and leave out what is far from a change."""
    if not before or not now:
        return Change(mark_whole("del", before), mark_whole("ins", now))
    old, new = split_words(before), split_words(now)
    steps = merge_neighbors(compare_sequences([one.key for one in old], [one.key for one in new], Budget(MAX_PAIRS)))
    removed: Parts = []
    added: Parts = []
    for was, become, is_same in join_changes(steps, old, new):
        removed += [(become if is_same else was, not is_same)] if become or was else []
        added += [(become, not is_same)] if become else []
    return Change(render("del", removed), render("ins", added))


def mark_whole(name: str, words: str) -> SafeString:
    return render(name, [(split_words(words), True)] if words else [])


def render(name: str, parts: Parts) -> SafeString:
    """Render words, those in marked parts in `ins` or `del` with an unseen word: most screen readers ignore these."""
    word = gettext("removed:") if name == "del" else gettext("added:")
    shown = [(tokens, is_marked) for tokens, is_marked in parts if tokens]
    return mark_safe(  # noqa: S308 – each part is escaped
        "".join(
            format_html('<{0}><span class="unseen">{1} </span>{2}</{0}>', name, word, render_tokens(tokens))
            if is_marked
            else render_tokens(list(shorten(tokens, is_first=at == 0, is_last=at == len(shown) - 1)))
            for at, (tokens, is_marked) in enumerate(shown)
        )
    )


def shorten(tokens: Sequence[Token], *, is_first: bool, is_last: bool) -> Iterator[Token]:
    """Leave out the words of an unchanged part that are far from the changes beside it."""
    before, after = 0 if is_first else KEPT, 0 if is_last else KEPT
    if is_first and is_last:
        before = KEPT
    if len(tokens) <= before + after + KEPT:
        yield from tokens
        return
    yield from tokens[:before]
    yield Token(" … ", (), " … ")
    yield from tokens[len(tokens) - after :]
