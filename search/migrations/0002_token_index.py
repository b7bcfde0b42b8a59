"""The indexes that differ: of tokens an FTS5 table with triggers in SQLite, a GIN index in PostgreSQL."""

from django.db import migrations

# The table has no texts of its own and no positions. `ascii` splits at spaces only, as tokens have no ASCII characters
# but letters and digits.
SQLITE = [
    """CREATE VIRTUAL TABLE search_index USING fts5(
        tokens, content='search_entry', content_rowid='id', detail='none', columnsize=0, tokenize='ascii'
    )""",
    """CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index(rowid, tokens) VALUES (new.id, new.tokens);
    END""",
    """CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index(search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);
    END""",
    """CREATE TRIGGER search_entry_changed AFTER UPDATE OF tokens ON search_entry WHEN old.tokens IS NOT new.tokens BEGIN
        INSERT INTO search_index(search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);
        INSERT INTO search_index(rowid, tokens) VALUES (new.id, new.tokens);
    END""",
    # With all columns that a search reads of thousands of rows, whose texts lie between them in the table.
    "CREATE INDEX search_entry_narrow ON search_entry (id, essay, authors, tags)",
    "CREATE INDEX search_entry_of_essay ON search_entry (essay, id, tags)",
]
SQLITE_BACK = [
    *(f"DROP TRIGGER search_entry_{name}" for name in ("added", "removed", "changed")),
    *(f"DROP INDEX search_entry_{name}" for name in ("narrow", "of_essay")),
    "DROP TABLE search_index",
]
# One for each kind, as a word may be in few essays and in very many comments.
NOTES, ESSAYS = 2 << 61, 3 << 61  # the first keys of their kinds
KINDS = {"comments": f"id < {NOTES}", "notes": f"id >= {NOTES} AND id < {ESSAYS}", "essays": f"id >= {ESSAYS}"}
POSTGRES = [
    *(f"CREATE INDEX search_entry_{kind} ON search_entry USING gin (tokens) WHERE {those}" for kind, those in KINDS.items()),
    "CREATE INDEX search_entry_of_essay ON search_entry (essay, id)",
]
POSTGRES_BACK = [f"DROP INDEX search_entry_{name}" for name in (*KINDS, "of_essay")]


def run(sqlite, postgres):
    def execute(apps, schema_editor):
        for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement, params=None)

    return execute


class Migration(migrations.Migration):

    dependencies = [("search", "0001_initial")]

    operations = [migrations.RunPython(run(SQLITE, POSTGRES), run(SQLITE_BACK, POSTGRES_BACK))]
