"""Every plain-text email, sent as the site sends it: it names people and essays, never Python objects."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.template import Template
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import QueueMail, User
from blog.models import Authorship, Essay, Site
from comments import jobs as comment_jobs
from comments.answers import actions as answers
from comments.models import Address, Comment, Subscription, Wording
from comments.notifications import outbox, subscribing
from comments.notifications.subscribing import Subscriber, Topic
from moderation import jobs as moderation_jobs
from moderation.decisions import actions
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TEMPLATES = Path(settings.BASE_DIR) / "templates"
WRONG = re.compile(r"<|None|object at|\{\{|\{%")


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=False, hold_links=0)
    essay = make.essay("Of Names", by=make.author("miriam", name="Miriam Achterberg"), deck="In two voices")
    Authorship.objects.create(essay=essay, author=make.author("tomas", name="Tomás Vega"), position=1)
    return essay


def subscribe(kind: str, **fields: Any) -> None:
    past = timezone.now() - timedelta(minutes=1)
    address, _ = Address.objects.get_or_create(email="rosa@example.org", defaults={"verified": past})
    Subscription.objects.create(address=address, kind=kind, **{"confirmed": past} | fields)


def pending(essay: Essay) -> Comment:
    comment = make.comment(essay, status="pending", by=make.guest("Anna Karg"))
    Wording.objects.filter(comment=comment).update(reasons=[{"code": "imported"}])
    outbox.create_notices(comment)
    return comment


def a_new_essay(essay: Essay) -> None:
    subscribe("essays")
    Essay.objects.update(published=timezone.now(), source=None)
    make.announce(essay)
    comment_jobs.send_due.call()


def a_comment_for_its_author_and_followers(essay: Essay) -> None:
    parent = make.comment(essay, by=make.guest("Anna Karg"))
    subscribe("replies", commenter=parent.commenter)
    outbox.create_notices(make.comment(essay, "So it is.", to=parent))
    other = make.essay("Another", by=make.author("ruth", name="Ruth"))
    subscribe("essay", essay=other)
    outbox.create_notices(make.comment(other, "So it is."))


def decisions_about_ones_own_comments(essay: Essay) -> None:
    for verb in (actions.approve, actions.trash):
        comment = pending(essay)
        subscribe("decision", comment=comment)
        verb(comment, by=make.moderator(verb.__name__, name="Mara"))


def a_daily_digest(essay: Essay) -> None:
    subscribe("essay", essay=essay, often="daily")
    subscribe("essays", often="daily")
    outbox.create_notices(make.comment(essay, "So it is."))
    Essay.objects.update(published=timezone.now())
    make.announce(essay)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        comment_jobs.send_due.call()
        comment_jobs.send_daily.call()


def a_subscription_to_confirm(essay: Essay) -> None:
    subscribing.subscribe(Subscriber("stranger@example.org"), [Topic(Subscription.Kind.ESSAYS)])


def a_pending_comment(essay: Essay) -> None:
    make.moderator("mara", queue_mail=QueueMail.EACH)
    pending(essay)


def a_digest_of_the_queue(essay: Essay) -> None:
    make.moderator("mara", queue_mail=QueueMail.DAILY)
    pending(essay)
    comment = make.comment(essay, "You fool.")
    Browser().post(f"/comments/{comment.pk}/report/", {"kind": "rude", "words": "Look."})
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        moderation_jobs.send_digests.call()


def a_report_and_its_outcome(essay: Essay) -> None:
    mara = make.moderator("mara", name="Mara", queue_mail=QueueMail.EACH)
    for verb in (actions.keep, actions.trash):
        comment = make.comment(essay, "You fool.")
        Browser().post(f"/comments/{comment.pk}/report/", {"kind": "rude", "words": "Look."})
        subscribe("report", comment=comment)
        run_ready_jobs()
        verb(Comment.objects.get(pk=comment.pk), by=mara)


def an_appeal_and_its_answer(essay: Essay) -> None:
    mara = make.moderator("mara", name="Mara", queue_mail=QueueMail.EACH)
    for number, verb in enumerate((actions.approve, actions.deny)):
        rosa = Browser(make.user(f"rosa{number}", name="Rosa"))
        comment = rosa.post_comment(essay, text=f"Quotation {number}.")
        subscribe("appeal", comment=comment)
        actions.trash(comment, by=mara, message="No.")
        rosa.post(f"/comments/{comment.pk}/appeal/", {"words": "It was a quotation."})
        run_ready_jobs()
        verb(Comment.objects.get(pk=comment.pk), by=mara)


def an_invitation(essay: Essay) -> None:
    desk = request_for(make.owner("joris", name="Joris Vane"))
    for role in ("Authors", "Moderators"):
        desk.post("/admin/identity/", {"email": f"{role}@example.org".lower(), "name": "Tomás Vega", "role": role})


def a_claim(essay: Essay) -> None:
    make.rules()  # so that the comment is pending, with the offer beside it
    browser = Browser()
    address = browser.submit_comment(essay, name="Anna Karg", email="anna@example.org").response["Location"]
    page = browser.read(address).comment(Comment.objects.latest("pk"))
    form = next(form for form in page.iter("form") if form.get("class") == "offer")
    browser.post(
        "/accounts/claims/ask/", {str(each.get("name")): str(each.get("value")) for each in form.iter("input")}
    )


def an_authors_answer_and_pick(essay: Essay) -> None:
    miriam = User.objects.get(username="miriam")
    for label, is_picked in (("stands", False), ("", True)):
        comment = make.comment(essay, by=make.guest(f"Anna {label}"))
        subscribe("replies", commenter=comment.commenter)
        answers.save(comment.pk, answers.Choice(label, is_picked=is_picked), by=miriam)
        run_ready_jobs()


def codes_and_notes_about_accounts(essay: Essay) -> None:
    make.user("rosa", name="Rosa")
    for path, fields in (
        ("/accounts/login/code/", {"email": "rosa@example.org"}),
        ("/accounts/login/code/", {"email": "unknown@example.org"}),
        ("/accounts/password/reset/", {"email": "rosa@example.org"}),
        ("/accounts/signup/", {"name": "Rosa", "email": "rosa@example.org"}),
        ("/accounts/signup/", {"name": "Ines", "email": "ines@example.org"}),
    ):
        assert request_for().post(path, fields).status_code == 302
    ruth = request_for(make.user("ruth", password="a long enough secret"))
    ruth.post("/accounts/reauthenticate/", {"password": "a long enough secret"})
    new = "an even longer secret"
    ruth.post("/accounts/password/change/", {"oldpassword": "a long enough secret", "password1": new, "password2": new})


def notes_about_changed_logins(essay: Essay) -> None:
    request = RequestFactory().get("/", headers={"user-agent": "Firefox"})
    request.user = make.user("ruth")
    vars(request)["site"] = Site.objects.current()
    changes = {"from_email": "old@example.org", "to_email": "new@example.org", "deleted_email": "old@example.org"}
    with request_context(request):
        for path in TEMPLATES.glob("*/email/*_message.txt"):
            if "account/email/base_notification.txt" in path.read_text():
                name = str(path.relative_to(TEMPLATES)).removesuffix("_message.txt")
                get_adapter().send_notification_mail(name, request.user, {**changes, "provider": "Facebook"})


def request_for(user: User | None = None) -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    if user:
        client.force_login(user)
    return client


SENDINGS: tuple[Callable[[Essay], None], ...] = (
    a_new_essay,
    a_comment_for_its_author_and_followers,
    decisions_about_ones_own_comments,
    a_daily_digest,
    a_subscription_to_confirm,
    a_pending_comment,
    a_digest_of_the_queue,
    a_report_and_its_outcome,
    an_appeal_and_its_answer,
    an_invitation,
    a_claim,
    an_authors_answer_and_pick,
    codes_and_notes_about_accounts,
    notes_about_changed_logins,
)


def sent_by(send: Callable[[Essay], None], essay: Essay) -> set[str]:
    """Check the emails that this sends; return the names of the templates that were rendered."""
    rendered: set[str] = set()
    render = Template._render  # type: ignore[attr-defined]

    def record_template(template: Any, context: Any) -> Any:
        rendered.add(str(template.name))
        return render(template, context)

    mail.outbox.clear()
    with patch.object(Template, "_render", record_template):
        send(essay)
        run_ready_jobs()
        outbox.send()
    for message in mail.outbox:
        text = f"{message.subject}\n{message.body}"
        assert not (match := WRONG.search(text)), f"{match} in\n{text}"
    return rendered


@pytest.mark.parametrize("send", SENDINGS, ids=lambda send: send.__name__)
def test_email_texts_contain_no_python_objects(essay: Essay, send: Callable[[Essay], None]) -> None:
    sent_by(send, essay)
    assert mail.outbox


def test_the_email_about_a_new_essay_names_its_authors(essay: Essay) -> None:
    sent_by(a_new_essay, essay)
    (message,) = [message for message in mail.outbox if message.recipients() == ["rosa@example.org"]]
    assert "Miriam Achterberg and Tomás Vega · " in message.body


def test_every_text_template_of_an_email_is_tested(essay: Essay) -> None:
    """A new template without a function above fails here."""
    rendered: set[str] = set()
    for send in SENDINGS:
        with transaction.atomic():
            rendered |= sent_by(send, essay)
            transaction.set_rollback(True)
    templates = {
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.txt") if path.parent.name != "messages"
    }
    assert templates - rendered == set()
