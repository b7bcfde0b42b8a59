"""Indexes of an essay's comments by status, for the queue of authors who moderate their own essays."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("comments", "0003_index_by_commenter")]

    operations = [
        migrations.RemoveIndex(model_name="comment", name="comment_under_by"),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["essay", "commenter", "status"], name="comment_under_by"),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["essay", "status", "id"], name="comment_under"),
        ),
    ]
