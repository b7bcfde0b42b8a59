from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_removed_by_who_took_it_back")]
    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["verb", "moderator", "created"], name="decision_by"),
        ),
    ]
