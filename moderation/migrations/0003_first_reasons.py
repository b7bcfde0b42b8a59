"""What an owner begins with: reasons to refuse a comment, and what their writers are told; all of it theirs to change."""

from django.db import migrations
from django.utils.translation import gettext_noop as _

REASONS = (
    (_("Off topic"), _("It is not about the essay, or about what it answers.")),
    (_("Insulting"), _("It attacks people instead of what they say. Please say the same without that.")),
    (_("Advertising"), _("It advertises something.")),
    (_("Private matters"), _("It tells what is private about somebody.")),
    (_("Said before"), _("It repeats what stands here already.")),
)


def offer(apps, schema_editor):
    Reason = apps.get_model("moderation", "Reason")
    rows = [Reason(name=name, sentence=told, position=at) for at, (name, told) in enumerate(REASONS, 1)]
    Reason.objects.bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0002_groups")]
    operations = [migrations.RunPython(offer, migrations.RunPython.noop)]
