"""How replies are nested, continued past the last level, and labeled."""

from itertools import pairwise

import pytest

from blog.models import Essay
from comments.models import Comment, Discussion
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, redirect_path, text_of
from tests.comments.essay_pages import create_roots, essay_path, keys_of, pager

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Levels


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_reply_past_the_last_level_names_the_comment_it_answers(essay: Essay, guest: Browser, depth: int) -> None:
    make.rules(shown_depth=depth)
    names = ["Anna", "Bela", "Chris", "Dora", "Emil", "Fay", "Gus"]
    chain: list[Comment] = []
    for name in names:
        chain.append(make.comment(essay, by=make.guest(name), to=chain[-1] if chain else None))
    page = guest.read(essay)
    for level, comment in enumerate(chain):
        inside = [item for item in page.all("li") if item.get("id", "").startswith("comment-")]
        above = [item for item in inside if page.comment(comment) in list(item.iter())][:-1]
        assert len(above) == min(level, depth - 1)
        notes = [
            note for note in page.comment(comment).findall("article/p") if note.get("class") == "to"
        ]  # its own, not those of its replies
        if level < depth:
            assert notes == []
        else:
            assert [text_of(note) for note in notes] == [f"in reply to {names[level - 1]}"]
            link = notes[0].find("a")
            assert link is not None
            assert link.get("href") == f"#comment-{chain[level - 1].pk}"


@pytest.mark.both
def test_a_fully_shown_thread_has_no_continue_link(essay: Essay, guest: Browser) -> None:
    make.rules(shown_depth=3)
    said = make.create_thread(essay, None, *range(6), 2)
    page = guest.read(essay)
    assert sorted(page.comment_keys) == keys_of(said)
    assert "Continue this thread" not in page.text
    deciding.trash(said[2], by=make.moderator())
    assert "Continue this thread" not in guest.read(essay).text
    assert redirect_path(guest.get(said[6].get_absolute_url())) == essay.get_absolute_url()


def test_an_essays_own_settings_apply_to_its_pages_and_permalinks(essay: Essay, guest: Browser) -> None:
    said = create_roots(essay, 5)
    elsewhere = make.essay("Another", by=None)
    others = create_roots(elsewhere, 3)
    Discussion.objects.save_settings(essay, own_threads_a_page=2, own_order="newest")
    page = guest.read(essay)
    assert page.comment_keys == keys_of(said[:2:-1])
    assert pager(page) == {"Older Comments": essay_path(essay, "?cpage=2#comments")}
    tools = {text_of(link): str(link.get("href")) for link in page.all("nav[@class='tools']//a")}
    assert guest.read(tools["Oldest"]).comment_keys == keys_of(said[:2])
    for comment in said:
        assert comment.pk in guest.read(comment.get_absolute_url()).comment_keys
    assert guest.read(elsewhere).comment_keys == keys_of(others)


def test_a_list_of_replies_counts_all_replies_below(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    reply = make.comment(essay, to=root)
    make.comment(essay, to=reply)
    make.comment(essay, to=reply, status="pending")
    assert [text_of(summary) for summary in guest.read(essay).all("details[@class='replies']/summary")] == [
        "2 replies",
        "1 reply",
    ]


# The parts of a comment


def test_a_comment_shows_its_author_time_and_permalink(essay: Essay, guest: Browser) -> None:
    comment = make.comment(essay, "Words.", by=make.guest("Ines Okafor", website="https://example.org/ines"))
    place = guest.read(essay).comment(comment)
    time, link = place.find(".//time"), place.find(".//bdi/a")
    assert time is not None
    assert link is not None
    assert time.get("datetime") == f"{comment.created:%Y-%m-%dT%H:%M}Z"
    assert link.attrib == {"href": "https://example.org/ines", "rel": "nofollow ugc noopener external"}
    assert [text_of(part) for part in place.iter() if part.get("class") == "comment-body"] == ["Words."]
    assert place.find(f".//a[@href='/comments/{comment.pk}/']") is not None


def test_an_anonymous_page_contains_nothing_personal(essay: Essay, guest: Browser) -> None:
    make.comment(essay)
    page = guest.read(essay)
    assert not page.response.cookies
    assert "csrfmiddlewaretoken" not in page.html
    assert "example.org" not in page.text  # no email address


def test_every_reply_names_the_comment_it_answers(essay: Essay, guest: Browser) -> None:
    make.rules(shown_depth=3)
    comment = make.comment(essay, by=make.guest("Ida <1>"))
    asked = [comment]
    for number in range(2, 4):
        comment = make.comment(essay, by=make.guest(f"Ida <{number}>"), to=comment)
        asked.append(comment)
    page = guest.read(essay)
    for above, below in pairwise(asked):
        article = page.only(f"li[@id='comment-{below.pk}']/article")
        assert article.get("aria-label") == below.commenter.name
        assert [text_of(said) for said in article.findall("p[@class='unseen']")] == [
            f"in reply to {above.commenter.name}"
        ]
    assert page.only(f"li[@id='comment-{asked[0].pk}']/article").find("p[@class='unseen']") is None
    branch = guest.read(essay_path(essay, f"?thread={asked[2].pk}"))
    assert text_of(branch.only(f"li[@id='comment-{asked[2].pk}']/article/p[@class='to']")) == "in reply to Ida <2>"
