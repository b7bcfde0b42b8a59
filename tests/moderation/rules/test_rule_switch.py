"""A rule that is saved while it is off: the page says so, and switches it on."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from blog.models import Essay
from comments.models import Rule, Status
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADD = "/admin/comments/rule/add/"
OFF = "The rule “No &lt;gold&gt;” is off."


@pytest.fixture
def owner() -> Client:
    make.rules(hold_first_comment=False, hold_links=0)
    client = Client(enforce_csrf_checks=False)
    client.force_login(make.owner())
    return client


def save(client: Client, address: str = ADD, **fields: str) -> Any:
    form = {
        "name": "No <gold>", "position": "0", "action": "hold", "sentence": "", "conditions-TOTAL_FORMS": "1",
        "conditions-INITIAL_FORMS": "0", "conditions-0-kind": "words", "conditions-0-value": "gold",
    } | fields  # fmt: skip
    return client.post(address, form, follow=True)


@pytest.mark.parametrize("button", ["_save", "_continue", "_addanother"])
def test_saving_a_rule_that_is_off_shows_a_button_that_turns_it_on(owner: Client, essay: Essay, button: str) -> None:
    html = save(owner, **{button: "1"}).content.decode()
    assert OFF in html
    form = html.split('<form class="switch-on"')[1].split("</form>")[0]
    assert "Turn on</button>" in form
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies
    action = re.findall(r'action="([^"]+)"', form)[0]
    assert strict.post(action).status_code == 403
    after = strict.post(action, {"csrfmiddlewaretoken": token[0]}, follow=True).content.decode()
    assert "The rule “No &lt;gold&gt;” is on." in after
    assert OFF not in after
    assert Browser().post_comment(essay, text="Buy gold").status == Status.PENDING
    assert LogEntry.objects.filter(object_repr="No <gold>", action_flag=2).exists()


def test_saving_a_rule_that_is_on_shows_no_such_message(owner: Client) -> None:
    html = save(owner, is_on="on").content.decode()
    assert "” is off." not in html
    assert "Turn on" not in html


def test_changing_a_rule_that_is_off_shows_the_button_again(owner: Client) -> None:
    save(owner)
    rule = Rule.objects.get()
    key = rule.conditions.get().pk
    answer = save(owner, f"/admin/comments/rule/{rule.pk}/change/",
                  **{"conditions-INITIAL_FORMS": "1", "conditions-0-id": str(key), "conditions-0-rule": str(rule.pk)})  # fmt: skip
    assert OFF in answer.content.decode()


def test_only_users_who_may_change_rules_can_turn_one_on_and_only_by_post(owner: Client) -> None:
    save(owner)
    rule = Rule.objects.get()
    address = f"/admin/comments/rule/{rule.pk}/switch-on/"
    assert owner.get(address).status_code == 405
    assert Browser(make.moderator()).post(address).status_code == 403
    rule.refresh_from_db()
    assert not rule.is_on
    assert owner.post("/admin/comments/rule/999/switch-on/").status_code == 404
