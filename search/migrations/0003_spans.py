"""Spans of time in PostgreSQL's index of tokens, which `search.spans` describes."""

from django.db import migrations

SPANS = "ARRAY[id >> 45 | 0, id >> 48 | 1099511627776, id >> 51 | 2199023255552, id >> 54 | 3298534883328]"
# The old index is dropped last, so that searches have one until then.
POSTGRES = [
    f"CREATE INDEX search_entry_found ON search_entry USING gin (tokens, ({SPANS})) WITH (gin_pending_list_limit = 1024)",
    "DROP INDEX search_entry_tokens",
    "ALTER INDEX search_entry_found RENAME TO search_entry_tokens",
]


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRES:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [("search", "0002_token_index")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
