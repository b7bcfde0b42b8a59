from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_groups")]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="removed_by",
            field=models.CharField(
                blank=True,
                choices=[("", "nobody"), ("author", "its author"), ("moderator", "a moderator")],
                editable=False,
                max_length=9,
                verbose_name="removed by, before",
            ),
        ),
    ]
