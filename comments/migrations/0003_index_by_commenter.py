"""An index of each commenter's comments with all that the queue counts of them, in place of the key's own index."""

import django.db.models.deletion
from django.db import migrations, models

# By hand: Django would copy the whole table on SQLite.
OLD = "comments_comment_commenter_id_ea13f223"


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0001_initial"),
        ("comments", "0002_first_rows"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["commenter", "created", "status", "removed_by"], name="comment_by"),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(f"DROP INDEX {OLD}", f"CREATE INDEX {OLD} ON comments_comment (commenter_id)")],
            [
                migrations.AlterField(
                    model_name="comment",
                    name="commenter",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="accounts.commenter",
                        verbose_name="commenter",
                    ),
                )
            ],
        ),
    ]
