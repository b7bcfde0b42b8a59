"""The one row of rules, which discussions refer to, and room to renumber in place on PostgreSQL."""

from django.db import migrations


def make_rules(apps, schema_editor):
    apps.get_model("comments", "Rules").objects.get_or_create(pk=1)


def leave_room(apps, schema_editor):
    # A reply rewrites its neighbours' rows; in half-filled pages that is done in place.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE comments_comment SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("comments", "0001_initial")]
    operations = [
        migrations.RunPython(make_rules, migrations.RunPython.noop),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]
