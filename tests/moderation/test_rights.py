"""Who may open and post to each page of moderation: every address × every role, in one table.

An address that is added without lines here fails the first test, which prints the missing lines: check them and, if
they are right, add them to the table.
"""

import re

import pytest
from django.core import signing
from django.db import transaction
from django.test import Client
from django.urls import reverse

from comments.models import Appeal, Batch, Block, Comment, Decision, Reason, Report, Rule, Rules
from comments.notifications import signed_links
from moderation.models import Note
from tests import make, rights
from tests.rights import Table, addresses, database_contents, full_text, recorded_writes, response_status

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# `own`: an author, where authors decide about comments on their own essays. `moderator` has no other right in the
# admin and is not staff, `staff` is a moderator who is. `login`: led to the log-in; `302`: led elsewhere. What is sent
# is an empty form. What stands in brackets is made by world(), below.
TABLE = Table("""
                                                    nobody guest person author own   moderator staff owner
GET  queue                                          login  login 403    403    200   200       200   200
POST queue                                          login  login 403    403    400   400       400   400
GET  queue-comment(held)                            login  login 403    403    404   200       200   200
POST queue-comment(held)                            login  login 403    403    404   400       400   400
GET  queue-batch(batch)                             login  login 403    403    404   200       200   200
POST queue-batch(batch)                             login  login 403    403    404   302       302   302
GET  queue-looking                                  405    405   405    405    405   405       405   405
POST queue-looking                                  login  login 403    403    204   204       204   204
GET  queue-news                                     login  login 403    403    200   200       200   200
POST queue-news                                     405    405   405    405    405   405       405   405
GET  admin:comments_decision_changelist           login  login login  403    403   login     200   200
POST admin:comments_decision_changelist           login  login login  403    403   login     200   200
GET  admin:comments_decision_add                  login  login login  403    403   login     403   403
POST admin:comments_decision_add                  login  login login  403    403   login     403   403
GET  admin:comments_decision_change(decision)     login  login login  403    403   login     200   200
POST admin:comments_decision_change(decision)     login  login login  403    403   login     403   403
GET  admin:comments_decision_delete(decision)     login  login login  403    403   login     403   403
POST admin:comments_decision_delete(decision)     login  login login  403    403   login     403   403
GET  admin:comments_decision_history(decision)    login  login login  403    403   login     200   200
POST admin:comments_decision_history(decision)    login  login login  403    403   login     200   200
GET  admin:comments_rules_add                       login  login login  403    403   login     403   403
POST admin:comments_rules_add                       login  login login  403    403   login     403   403
GET  admin:comments_rules_change(rules)             login  login login  403    403   login     403   200
POST admin:comments_rules_change(rules)             login  login login  403    403   login     403   200
GET  admin:comments_rules_changelist                login  login login  302    302   login     302   302
POST admin:comments_rules_changelist                login  login login  302    302   login     302   302
GET  admin:comments_rules_delete(rules)             login  login login  403    403   login     403   403
POST admin:comments_rules_delete(rules)             login  login login  403    403   login     403   403
GET  admin:comments_rules_history(rules)            login  login login  403    403   login     403   200
POST admin:comments_rules_history(rules)            login  login login  403    403   login     403   200
GET  queue-log                                      login  login 403    403    200   200       200   200
POST queue-log                                      405    405   405    405    405   405       405   405
GET  queue-log-file                                 login  login 403    403    200   200       200   200
POST queue-log-file                                 405    405   405    405    405   405       405   405
GET  moderation-record                              404    404   404    404    404   404       404   404
POST moderation-record                              405    405   405    405    405   405       405   405
GET  queue-numbers                                  login  login 403    403    403   200       200   200
POST queue-numbers                                  405    405   405    405    405   405       405   405
GET  queue-blocks                                   login  login 403    403    403   200       200   200
POST queue-blocks                                   login  login 403    403    403   400       400   400
GET  queue-filter                                   login  login 403    403    403   200       200   200
POST queue-filter                                   login  login 403    403    403   403       403   422
GET  admin:comments_block_add                       login  login login  403    403   login     403   200
POST admin:comments_block_add                       login  login login  403    403   login     403   200
GET  admin:comments_block_change(block)             login  login login  403    403   login     403   200
POST admin:comments_block_change(block)             login  login login  403    403   login     403   200
GET  admin:comments_block_changelist                login  login login  403    403   login     403   200
POST admin:comments_block_changelist                login  login login  403    403   login     403   200
GET  admin:comments_block_delete(block)             login  login login  403    403   login     403   200
POST admin:comments_block_delete(block)             login  login login  403    403   login     403   200
GET  admin:comments_block_history(block)            login  login login  403    403   login     403   200
POST admin:comments_block_history(block)            login  login login  403    403   login     403   200
GET  admin:comments_rule_add                        login  login login  403    403   login     403   200
POST admin:comments_rule_add                        login  login login  403    403   login     403   200
GET  admin:comments_rule_change(rule)               login  login login  403    403   login     403   200
POST admin:comments_rule_change(rule)               login  login login  403    403   login     403   200
GET  admin:comments_rule_changelist                 login  login login  403    403   login     403   200
POST admin:comments_rule_changelist                 login  login login  403    403   login     403   200
GET  admin:comments_rule_delete(rule)               login  login login  403    403   login     403   200
POST admin:comments_rule_delete(rule)               login  login login  403    403   login     403   200
GET  admin:comments_rule_history(rule)              login  login login  403    403   login     403   200
POST admin:comments_rule_history(rule)              login  login login  403    403   login     403   200
GET  admin:rule-switch-on(rule)                     login  login login  405    405   login     405   405
POST admin:rule-switch-on(rule)                     login  login login  403    403   login     403   302
GET  admin:comments_reason_add                    login  login login  403    403   login     403   200
POST admin:comments_reason_add                    login  login login  403    403   login     403   200
GET  admin:comments_reason_change(reason)         login  login login  403    403   login     403   200
POST admin:comments_reason_change(reason)         login  login login  403    403   login     403   200
GET  admin:comments_reason_changelist             login  login login  403    403   login     403   200
POST admin:comments_reason_changelist             login  login login  403    403   login     403   200
GET  admin:comments_reason_delete(reason)         login  login login  403    403   login     403   200
POST admin:comments_reason_delete(reason)         login  login login  403    403   login     403   200
GET  admin:comments_reason_history(reason)        login  login login  403    403   login     403   200
POST admin:comments_reason_history(reason)        login  login login  403    403   login     403   200
GET  appeal-comment(held)                           404    404   404    404    404   404       404   404
POST appeal-comment(held)                           404    404   404    404    404   404       404   404
GET  appeal-comment(shown)                          404    404   404    404    404   404       404   404
POST appeal-comment(shown)                          404    404   404    404    404   404       404   404
GET  report-comment(held)                           404    404   404    404    404   404       404   404
POST report-comment(held)                           404    404   404    404    404   404       404   404
GET  report-comment(shown)                          200    200   200    200    200   200       200   200
POST report-comment(shown)                          422    422   422    422    422   422       422   422
GET  decide-by-mail(link)                           200    200   200    200    200   200       200   200
POST decide-by-mail(link)                           409    409   409    409    409   409       409   409
GET  decide-by-mail(forged)                         404    404   404    404    404   404       404   404
POST decide-by-mail(forged)                         404    404   404    404    404   404       404   404
GET  queue-mail                                     login  login 403    403    200   200       200   200
POST queue-mail                                     login  login 403    403    200   200       200   200
GET  queue-person(writer)                           login  login 403    403    404   200       200   200
POST queue-person(writer)                           login  login 403    403    404   400       400   400
""")
SEE_ALL = {"moderator", "staff", "owner"}
BY_LINK = "decide-by-mail(link)"  # anyone with the email sees the comment
OF_ADMIN = re.compile(r"admin:(moderation_|comments_(rules?|block|spammodel)_)")
SECRETS = ("unsaid until decided", "held@secret.example", "Hilda Held")


class World(rights.PermissionTester):
    default_subject = "held"

    def client(self, who: str) -> Client:
        if Rules.objects.get().authors_moderate != (who == "own"):
            make.rules(authors_moderate=who == "own")
        return super().client(who)


@pytest.fixture(scope="module")
def world(module_database: None) -> World:
    make.rules()
    author = make.author("author")
    theirs, others = make.essay("Theirs", by=author), make.essay("Somebody else’s", by=make.author("other"))
    shown = make.comment(others, "Said and shown.")
    writer = make.guest(SECRETS[2], email=SECRETS[1])
    held = make.comment(others, f"This is {SECRETS[0]}.", by=writer, to=shown, status="pending")
    own = make.comment(theirs, "Under the author’s own.", status="pending")
    moderator = make.user("moderator", group="Moderators")
    decision = Decision.objects.create(
        comment=held, comment_number=held.pk, essay=others, moderator=moderator, verb="unapprove", before="approved",
        after="pending", note=f"Because {SECRETS[0]}",
    )  # fmt: skip
    reason = Reason.objects.create(name="Rude", sentence="Please be kind.")
    rule = Rule.objects.create(name="Casinos")
    things = {
        "held": held,
        "shown": shown,
        "own": own,
        "essay": others,
        "decision": decision,
        "writer": held.commenter,
        "reason": reason,
        "rule": rule,
        "block": Block.objects.create(commenter=held.commenter),
        "batch": Batch.objects.create(moderator=moderator, verb="spam", requested={"comments": [held.pk]}),
        "note": Note.objects.create(commenter=held.commenter, moderator=moderator, text=f"Was {SECRETS[0]}."),
        "report": Report.objects.create(comment=held, kind="rude", text=f"It was {SECRETS[0]}."),
        "appeal": Appeal.objects.create(comment=held, decision=decision, text=f"Why {SECRETS[0]}?"),
        "rules": make.rules(),
        "link": signing.dumps(
            [held.pk, moderator.pk, Comment.objects.get(pk=held.pk).wording_id, "pending"],
            salt=signed_links.DECISION_SALT,
        ),
        "forged": signing.dumps([held.pk, moderator.pk, None, "pending"], salt="another"),
    }
    users = {
        "person": make.user("person"),
        "author": author,
        "own": author,
        "moderator": moderator,
        "staff": make.moderator("staff"),
        "owner": make.owner("owner"),
    }
    return World(things, users, TABLE.people)


def of_moderation() -> dict[str, list[str]]:
    """Return the addresses that the table must contain: all views of this app, and its stock admin pages."""
    return {
        name: about
        for name, module, about in addresses()
        if module.split(".")[0] == "moderation" or OF_ADMIN.match(name)
    }


def test_every_address_is_in_the_table(world: World) -> None:
    rights.assert_table_is_complete(TABLE, of_moderation(), world)


def test_get_responds_as_the_table_says_and_changes_nothing(world: World) -> None:
    wrong = []
    for at, who in enumerate(TABLE.people):
        world.client(who)
        before = database_contents()
        for address, expected in TABLE.rows("GET"):
            response = world.send("GET", address, who)
            got, body = response_status(response), full_text(response)
            if got != expected[at]:
                wrong.append(f"{who} opens {address}: {got}, not {expected[at]}")
            if who not in SEE_ALL and address != BY_LINK and any(secret in body for secret in SECRETS):
                wrong.append(f"{who} opens {address} and reads what is held")
        after = database_contents()
        wrong += [f"{who} opened everything, and {table} changed" for table in before if before[table] != after[table]]
    assert not wrong, "\n".join(wrong)


def test_post_responds_as_the_table_says_and_refused_requests_change_nothing(world: World) -> None:
    wrong = []
    for at, who in enumerate(TABLE.people):
        world.client(who)
        for address, expected in TABLE.rows("POST"):
            with transaction.atomic(), recorded_writes() as written:
                response = world.send("POST", address, who)
                got, body = response_status(response), full_text(response)
                transaction.set_rollback(True)
            if got != expected[at]:
                wrong.append(f"{who} sends {address}: {got}, not {expected[at]}")
            if got in {"login", "403", "404"} and written:
                wrong.append(f"{who} is refused {address}, and yet: {written}")
            if who not in SEE_ALL and address != BY_LINK and any(secret in body for secret in SECRETS):
                wrong.append(f"{who} sends {address} and reads what is held")
    assert not wrong, "\n".join(wrong)


def test_users_without_the_permission_cannot_decide(world: World) -> None:
    """An author cannot decide about comments on another author's essay either."""
    held = world.objects["held"]
    before = (Decision.objects.count(), Comment.objects.get(pk=held.pk).status)
    data = {"comment": held.pk, "decision": world.objects["decision"].pk}
    wrong = []
    for who in (each for each in TABLE.people if each not in SEE_ALL):
        world.client(who)  # outside the transaction that is rolled back below
        for action in ("approve", "unapprove", "spam", "trash", "restore", "undo"):
            with transaction.atomic():
                response = world.client(who).post(reverse("queue"), data | {"action": action}, follow=who == "own")
                if (Decision.objects.count(), Comment.objects.get(pk=held.pk).status) != before:
                    wrong.append(f"{who} can {action}")
                if any(secret in full_text(response) for secret in SECRETS):
                    wrong.append(f"{who} asks to {action} and reads what is held")
                transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


def test_a_moderator_without_admin_access_finds_the_queue_on_their_account_page(world: World) -> None:
    page = world.client("moderator").get(reverse("account_me")).content.decode()
    assert f'href="{reverse("queue")}"' in page
    assert reverse("queue") not in world.client("person").get(reverse("account_me")).content.decode()
