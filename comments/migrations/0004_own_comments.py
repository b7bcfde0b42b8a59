"""Comments that their writers change: when one was last changed, and how long that is open to them."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0002_one_row_of_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='comment',
            name='edited',
            field=models.DateTimeField(editable=False, null=True, verbose_name='edited'),
        ),
        migrations.AddField(
            model_name='rules',
            name='edit_minutes',
            field=models.PositiveIntegerField(default=15, help_text='Counted from when it was posted; 0: not at all. Its writer can delete it at any time.', validators=[django.core.validators.MaxValueValidator(527040)], verbose_name='minutes to edit one’s own comment'),
        ),
        migrations.AddField(
            model_name='rules',
            name='edit_until_answered',
            field=models.BooleanField(default=False, help_text='Within those minutes, a comment stands as it is once somebody else’s answer to it is public.', verbose_name='edit only until it is answered'),
        ),
    ]
