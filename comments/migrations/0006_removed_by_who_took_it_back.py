from django.db import migrations, models

CHOICES = [
    ("", "nobody"),
    ("author", "its author"),
    ("moderator", "a moderator"),
    ("undone", "who took it back"),
]


class Migration(migrations.Migration):
    dependencies = [("comments", "0005_hold_quick")]
    operations = [
        migrations.AlterField(
            model_name="comment",
            name="removed_by",
            field=models.CharField(
                blank=True, choices=CHOICES, editable=False, max_length=9, verbose_name="removed by"
            ),
        ),
    ]
