import django.core.validators
from django.db import migrations, models

DAYS = [
    django.core.validators.MaxValueValidator(
        36500, "Comments close after at most 36500 days, which is a hundred years."
    )
]
LEVELS = [
    django.core.validators.MinValueValidator(2, "At least 2 levels are shown."),
    django.core.validators.MaxValueValidator(10, "At most 10 levels are shown."),
]
THREADS = [
    django.core.validators.MinValueValidator(1, "At least one thread stands on a page."),
    django.core.validators.MaxValueValidator(200, "At most 200 threads stand on a page."),
]


class Migration(migrations.Migration):
    dependencies = [("comments", "0005_likes")]

    operations = [
        migrations.AddField(
            model_name="discussion",
            name="own_close_after_days",
            field=models.PositiveIntegerField(blank=True, null=True, validators=DAYS, verbose_name="close after days"),
        ),
        migrations.AddField(
            model_name="discussion",
            name="own_order",
            field=models.CharField(
                blank=True,
                choices=[("oldest", "oldest first"), ("newest", "newest first"), ("liked", "most liked first")],
                max_length=6,
                verbose_name="order",
            ),
        ),
        migrations.AddField(
            model_name="discussion",
            name="own_shown_depth",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, validators=LEVELS, verbose_name="levels shown"
            ),
        ),
        migrations.AddField(
            model_name="discussion",
            name="own_threads_a_page",
            field=models.PositiveSmallIntegerField(
                blank=True, null=True, validators=THREADS, verbose_name="threads a page"
            ),
        ),
        migrations.AlterField(
            model_name="discussion",
            name="may_be_liked",
            field=models.BooleanField(default=True, verbose_name="likes"),
        ),
        migrations.AlterField(
            model_name="rules",
            name="close_after_days",
            field=models.PositiveIntegerField(
                default=0, help_text="0: comments stay open.", validators=DAYS, verbose_name="close after days"
            ),
        ),
        migrations.AlterField(
            model_name="rules",
            name="shown_depth",
            field=models.PositiveSmallIntegerField(
                default=5,
                help_text="2 to 10. Deeper replies stay at the last level and say whom they answer.",
                validators=LEVELS,
                verbose_name="levels shown",
            ),
        ),
        migrations.AlterField(
            model_name="rules",
            name="threads_a_page",
            field=models.PositiveSmallIntegerField(
                default=50,
                help_text="1 to 200, each with all its replies.",
                validators=THREADS,
                verbose_name="threads a page",
            ),
        ),
    ]
