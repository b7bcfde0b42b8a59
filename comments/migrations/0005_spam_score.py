"""The spam score beside the status, in an index, so that the queue's order by score reads one page.

The previous column stays, as processes of the version before read it while hosts are upgraded in turn.
"""

from django.db import migrations, models

# By hand: Django would copy the whole table on SQLite.
ADD = "ALTER TABLE comments_comment ADD COLUMN spam_score double precision NOT NULL DEFAULT -1"
COPY = """
UPDATE comments_comment SET spam_score = wording.spam_score FROM comments_wording wording
WHERE wording.id = comments_comment.wording_id AND wording.spam_score IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [("comments", "0004_author_queue_indexes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(ADD), migrations.RunSQL(COPY)],
            [
                migrations.AddField(
                    model_name="comment",
                    name="spam_score",
                    field=models.FloatField(
                        default=-1.0,
                        editable=False,
                        help_text="0 to 1, when posted or edited; -1 if the filter did not check the comment.",
                        verbose_name="spam score",
                    ),
                ),
                migrations.RemoveField(model_name="wording", name="spam_score"),
            ],
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                condition=models.Q(("status", "pending"), ("status", "spam"), _connector="OR"),
                fields=["status", "-spam_score", "id"],
                name="comment_by_score",
            ),
        ),
    ]
