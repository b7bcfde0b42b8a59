"""The table of the cache that every process shares; with Redis it is used while Redis does not respond."""

from django.core.management import call_command
from django.db import migrations


def make_table(apps, schema_editor):
    call_command("createcachetable", "rejoinder_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("server", "0001_initial")]
    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
