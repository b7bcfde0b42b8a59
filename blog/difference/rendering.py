"""Renders added and removed words as HTML, for sight and for screen readers."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from operator import attrgetter

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from blog.difference.blocks import Token
from blog.difference.sequences import Budget, Step, compare_sequences

# Stand-ins for tokens that are not words; their changes are marked as those of words
ELEMENTS = {
    "note-mark": ('<span class="note-mark">', "</span>"),
    "sign": ('<span class="sign">', "</span>"),
    "address": ('<span class="address">', "</span>"),
    "ins": ("<u>", "</u>"),
    "del": ("<s>", "</s>"),
}


def render_changes(old: Sequence[Token], new: Sequence[Token], budget: Budget) -> SafeString:
    """Render the tokens of both sequences, with what was removed and added marked."""
    found = merge_neighbors(compare_sequences([token.key for token in old], [token.key for token in new], budget))
    parts = []
    for was, now, is_same in join_changes(found, old, new):
        parts += [render_tokens(now)] if is_same else [render_marked("del", was), render_marked("ins", now)]
    return mark_safe("".join(parts))  # noqa: S308 – each part is escaped below


def merge_neighbors(found: Iterator[Step]) -> list[Step]:
    """Merge consecutive steps that are all the same or all different in both sequences."""
    all_: list[Step] = []
    for step in found:
        if all_ and all_[-1].is_same == step.is_same:
            last = all_.pop()
            step = Step(step.is_same, slice(last.a.start, step.a.stop), slice(last.b.start, step.b.stop))
        all_.append(step)
    return all_


def join_changes(
    found: list[Step], old: Sequence[Token], new: Sequence[Token]
) -> Iterator[tuple[list[Token], list[Token], bool]]:
    """Yield old and new tokens and whether they are the same; changes with only a space between them are joined."""
    was: list[Token] = []
    now: list[Token] = []
    for step, after in pairwise([*found, None]):
        assert step is not None  # noqa: S101 – only the last one of a pair can be none
        a, b = old[step.a], new[step.b]
        is_bridge = step.is_same and bool(was or now) and after is not None and not "".join(t.word for t in b).strip()
        if step.is_same and not is_bridge:
            if was or now:
                yield was, now, False
            yield [], list(b), True
            was, now = [], []
        else:
            was, now = [*was, *a], [*now, *b]
    if was or now:
        yield was, now, False


def render_marked(name: str, tokens: Sequence[Token]) -> SafeString:
    """Render tokens in `ins` or `del` with hidden words, because most screen readers ignore these tags."""
    if not tokens:
        return mark_safe("")
    if name == "ins":
        before = pgettext("read aloud before words of a text", "added:")
        after = pgettext("read aloud after words of a text", "end of addition")
    else:
        before = pgettext("read aloud before words of a text", "removed:")
        after = pgettext("read aloud after words of a text", "end of removal")
    return format_html(
        '<{0}><span class="visually-hidden"> {1} </span>{2}<span class="visually-hidden"> {3} </span></{0}>',
        name, before, render_tokens(tokens), after,
    )  # fmt: skip


def render_tokens(tokens: Sequence[Token]) -> SafeString:
    """Render tokens as text; each run with the same forms opens and closes its own tags, so none is left open."""
    parts = []
    for forms, run in groupby(tokens, key=attrgetter("forms")):
        start, end = tags_around(forms)
        parts += [start, escape("".join(token.word for token in run)), end]
    return mark_safe("".join(parts))  # noqa: S308 – escaped, between names of ours


@lru_cache(1000)
def tags_around(forms: tuple[str, ...]) -> tuple[SafeString, SafeString]:
    """Return the start tags and the end tags around words in these forms: `em`, `ins`, `sign` and so on."""
    pairs = [ELEMENTS.get(form, (f"<{form}>", f"</{form}>")) for form in forms]  # names of ours
    return mark_safe("".join(pair[0] for pair in pairs)), mark_safe("".join(pair[1] for pair in reversed(pairs)))  # noqa: S308
