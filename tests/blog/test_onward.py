"""After an essay: the previous and the next essay, related ones, a subscription, and the link to the reply form."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from blog import actions
from blog.models import Essay, Series, Tag
from comments.models import Discussion, Subscription
from tests import make
from tests.comments.browser_client import Page, text_of

pytestmark = pytest.mark.django_db


def dated(title: str, days: int, *tags: str, **fields: Any) -> Essay:
    essay = make.essay(title, published=timezone.now() - timedelta(days=days), **fields)
    essay.tags.set([Tag.objects.ensure(tag) for tag in tags])
    return essay


def onward(essay: Essay) -> list[str]:
    """Return what its page says under “More essays”, one string for each essay."""
    navigation = Page(Client().get(essay.get_absolute_url())).find("nav[@aria-label='More essays']")
    return [] if navigation is None else [" ".join(text_of(link).split()) for link in navigation.iter("p")]


def test_an_essay_links_to_its_neighbors_by_date_and_to_related_essays() -> None:
    oldest = dated("Oldest", 9, "Argument", deck="Where it began")
    dated("Twin", 8, "Argument", "Books")
    dated("Unlike", 7)
    middle = dated("Middle", 6, "Argument", "Books")
    dated("Cousin", 5, "Argument")
    newest = dated("Newest", 4, "Books")
    dated("Draft", 3, "Argument", "Books")
    Essay.objects.filter(title="Draft").update(published=None)
    dated("Scheduled", -1, "Argument", "Books")
    make.essay("About", kind="page").tags.set(Tag.objects.all())
    assert onward(middle) == ["Previous essay Unlike", "Next essay Cousin", "Related Twin", "Related Newest"]
    assert onward(oldest) == ["Next essay Twin", "Related Cousin", "Related Middle"]
    assert onward(newest)[:2] == ["Previous essay Cousin", "Next essay This is the newest."]
    assert onward(Essay.objects.get(title="Twin"))[0] == "Previous essay Oldest Where it began"
    assert onward(Essay.objects.get(title="About")) == []


def test_essays_published_at_the_same_moment_keep_one_order() -> None:
    moment = timezone.now() - timedelta(days=1)
    first, second, third = (make.essay(title, published=moment) for title in ("One", "Two", "Three"))
    assert onward(first) == ["Next essay Two"]
    assert onward(second) == ["Previous essay One", "Next essay Three"]
    assert onward(third) == ["Previous essay Two", "Next essay This is the newest."]


def test_an_essay_in_a_series_links_to_its_neighbors_there() -> None:
    series = Series.objects.create(title="Debts", slug="debts")
    one, two, *_ = [dated(f"Part {number}", 20 - number, series=series) for number in range(1, 6)]
    dated("Outside", 1, "Money")
    one.tags.set([Tag.objects.ensure("Money")])
    assert onward(one) == ["Next in this series Part 2", "Related Part 5", "Related Part 4"]
    assert onward(two)[:2] == ["Previous in this series Part 1", "Next in this series Part 3"]
    for other in Essay.objects.filter(title__in=["Part 3", "Part 4", "Part 5"]):
        actions.delete(other)
    assert onward(one) == ["Next in this series Part 2", "Related Outside"]


def test_a_translation_of_an_essay_is_not_related_to_it() -> None:
    original = dated("Promise", 9, "Words")
    dated("Between", 8)
    german = dated("Versprechen", 7, "Words", language="de", translation_of=original)
    dated("French", 6, "Words", language="fr", translation_of=original)
    assert onward(original) == ["Next essay Between"]
    assert onward(german) == ["Previous essay Between", "Next essay French"]


def test_the_only_essay_links_to_no_other_but_offers_the_subscription() -> None:
    essay = make.essay()
    page = Page(Client().get(essay.get_absolute_url()))
    assert onward(essay) == []
    assert "New essays by email" in page.text
    make.rules(readers_may_follow=False)
    assert "New essays by email" not in Page(Client().get(essay.get_absolute_url())).text


@pytest.mark.once
def test_the_line_below_an_essay_subscribes_to_new_essays(client: Client) -> None:
    essay = make.essay()

    def subscribe(client: Client, **typed: str) -> HttpResponse:
        form = Page(client.get(essay.get_absolute_url())).only("form[@class='new-essays field']")
        sent = {field.get("name", ""): field.get("value", "") for field in form.iter("input")} | typed
        return client.post(form.get("action", ""), sent, headers={"Sec-Fetch-Site": "same-origin"})  # type: ignore[return-value]

    refused = subscribe(client, email="no address")
    assert refused.status_code == 422
    assert 'value="no address"' in refused.content.decode()
    guest = subscribe(Client(enforce_csrf_checks=True), email="a@example.org")
    assert guest.headers["Location"] == f"/subscriptions/asked/?essay={essay.pk}"
    client.force_login(make.user("ines"))
    subscribe(client)
    found = Subscription.objects.select_related("address").get()
    assert (found.address.email, found.kind, found.often) == ("ines@example.org", "essays", "at_once")


def reply_links(page: Page) -> list[str | None]:
    return [link.get("href") for link in page.all("section[@id='comments']//a") if link.text == "Leave a Reply"]


@pytest.mark.once
def test_leave_a_reply_leads_from_the_top_of_the_comments_to_an_empty_form(client: Client) -> None:
    essay = make.essay()
    address = essay.get_absolute_url()
    assert reply_links(Page(client.get(address))) == []  # the form follows
    comment = make.comment(essay)
    assert reply_links(Page(client.get(address))) == ["#respond"]
    make.comment(essay)
    assert reply_links(Page(client.get(address))) == ["#respond"] * 2
    assert reply_links(Page(client.get(f"{address}?replyto={comment.pk}"))) == [f"{address}#respond"] * 2
    Discussion.objects.filter(essay=essay).update(is_open=False)
    assert reply_links(Page(client.get(address))) == []
