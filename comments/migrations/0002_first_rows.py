"""The one row of rules, the first reasons to refuse a comment, and room to renumber in place on PostgreSQL."""

from django.db import migrations
from django.utils.translation import gettext_noop as _

REASONS = (  # the owner may change them
    (_("Off topic"), _("Your comment is not about the essay or the comment it replies to.")),
    (_("Insulting"), _("Your comment attacks people instead of their arguments. Please rewrite it without that.")),
    (_("Advertising"), _("Your comment is advertising.")),
    (_("Private information"), _("Your comment reveals private information about someone.")),
    (_("Duplicate"), _("Your comment repeats what has already been said here.")),
)


def make_rules(apps, schema_editor):
    apps.get_model("comments", "Rules").objects.get_or_create(pk=1)


def make_reasons(apps, schema_editor):
    Reason = apps.get_model("comments", "Reason")
    rows = [Reason(name=name, sentence=told, position=at) for at, (name, told) in enumerate(REASONS, 1)]
    Reason.objects.bulk_create(rows)


def leave_room(apps, schema_editor):
    # A reply rewrites its neighbors' rows; in half-filled pages that is done in place.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE comments_comment SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("comments", "0001_initial")]
    operations = [
        migrations.RunPython(make_rules, migrations.RunPython.noop),
        migrations.RunPython(make_reasons, migrations.RunPython.noop),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
