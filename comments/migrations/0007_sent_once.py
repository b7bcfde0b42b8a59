from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0006_own_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="wording",
            name="sent_as",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="Tells one sending of these words from every other, for a day.",
                max_length=32,
                verbose_name="sent as",
            ),
        ),
        migrations.AddConstraint(
            model_name="wording",
            constraint=models.UniqueConstraint(
                condition=models.Q(("sent_as", ""), _negated=True), fields=("sent_as",), name="wording_sent_once"
            ),
        ),
    ]
