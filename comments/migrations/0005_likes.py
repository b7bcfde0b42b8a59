"""Who likes what, who may not, and how many there are."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_pictures_and_invitations"),
        ("blog", "0001_initial"),
        ("comments", "0004_own_comments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(blank=True, max_length=43, verbose_name="network")),
                (
                    "created",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="when"),
                ),
            ],
            options={
                "verbose_name": "barred from liking",
                "verbose_name_plural": "barred from liking",
            },
        ),
        migrations.CreateModel(
            name="Like",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(blank=True, editable=False, max_length=43, verbose_name="network")),
                (
                    "created",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="when"),
                ),
            ],
            options={
                "verbose_name": "like",
                "verbose_name_plural": "likes",
            },
        ),
        migrations.AddField(
            model_name="discussion",
            name="likes",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="likes"),
        ),
        migrations.AddField(
            model_name="discussion",
            name="may_be_liked",
            field=models.BooleanField(
                default=True, help_text="Of the essay and of its comments.", verbose_name="likes"
            ),
        ),
        migrations.AddField(
            model_name="rules",
            name="guests_may_like",
            field=models.BooleanField(
                default=False, help_text="One a browser, which a cookie then remembers.", verbose_name="guests may like"
            ),
        ),
        migrations.AddField(
            model_name="rules",
            name="likers",
            field=models.CharField(
                choices=[("blogger", "bloggers"), ("reader", "readers"), ("person", "people")],
                default="blogger",
                max_length=7,
                verbose_name="they are called",
            ),
        ),
        migrations.AddField(
            model_name="rules",
            name="likes",
            field=models.BooleanField(
                default=True,
                help_text="Under essays and comments. Those that are there are kept while this is off.",
                verbose_name="likes",
            ),
        ),
        migrations.AlterField(
            model_name="rules",
            name="order",
            field=models.CharField(
                choices=[("oldest", "oldest first"), ("newest", "newest first"), ("liked", "most liked first")],
                default="oldest",
                max_length=6,
                verbose_name="order",
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                condition=models.Q(("parent", None), ("readable__gt", 0)),
                fields=["essay", "-likes", "-tree_id"],
                name="comment_liked_roots",
            ),
        ),
        migrations.AddField(
            model_name="bar",
            name="commenter",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="bar",
                to="accounts.commenter",
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="like",
            name="comment",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="liked_by",
                to="comments.comment",
                verbose_name="comment",
            ),
        ),
        migrations.AddField(
            model_name="like",
            name="commenter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="likes",
                to="accounts.commenter",
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="like",
            name="essay",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="likes",
                to="blog.essay",
                verbose_name="essay",
            ),
        ),
        migrations.AddConstraint(
            model_name="bar",
            constraint=models.UniqueConstraint(
                condition=models.Q(("network", ""), _negated=True), fields=("network",), name="bar_network_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bar",
            constraint=models.CheckConstraint(
                condition=models.Q(("commenter", None), ("network", ""), _connector="XOR"), name="bar_of_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="like",
            constraint=models.UniqueConstraint(fields=("essay", "commenter"), name="like_essay_once"),
        ),
        migrations.AddConstraint(
            model_name="like",
            constraint=models.UniqueConstraint(fields=("comment", "commenter"), name="like_comment_once"),
        ),
        migrations.AddConstraint(
            model_name="like",
            constraint=models.CheckConstraint(
                condition=models.Q(("essay", None), ("comment", None), _connector="XOR"), name="like_of_one_thing"
            ),
        ),
    ]
