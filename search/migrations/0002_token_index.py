"""What differs by database: an FTS5 table with triggers in SQLite, a partitioned table with GIN in PostgreSQL."""

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
NOTES, ESSAYS = 2 << 61, 3 << 61  # the first keys of their kinds
# Each kind has a part of the table of its own, so that the texts of a kind lie together, and those of essays, which are
# long, are stored out of line: thousands of rows can then be read at once.
POSTGRES = [
    "CREATE TABLE search_parts (LIKE search_entry INCLUDING DEFAULTS) PARTITION BY RANGE (id)",
    "DROP TABLE search_entry",
    "ALTER TABLE search_parts RENAME TO search_entry",
    f"CREATE TABLE search_entry_comments PARTITION OF search_entry FOR VALUES FROM (MINVALUE) TO ({NOTES})",
    f"CREATE TABLE search_entry_notes PARTITION OF search_entry FOR VALUES FROM ({NOTES}) TO ({ESSAYS})",
    f"CREATE TABLE search_entry_essays PARTITION OF search_entry FOR VALUES FROM ({ESSAYS}) TO (MAXVALUE)",
    "ALTER TABLE search_entry_essays SET (toast_tuple_target = 128)",
    "ALTER TABLE search_entry ADD CONSTRAINT search_entry_pkey PRIMARY KEY (id)",
    "CREATE INDEX search_entry_by ON search_entry (authors)",
    f"CREATE INDEX search_entry_languages ON search_entry (language) WHERE id >= {ESSAYS}",
    "CREATE INDEX search_entry_of_essay ON search_entry (essay, id)",
    "CREATE INDEX search_entry_tokens ON search_entry USING gin (tokens)",
]
POSTGRES_BACK = ["DROP INDEX search_entry_tokens, search_entry_of_essay"]


def run(sqlite, postgres):
    def execute(apps, schema_editor):
        for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement, params=None)

    return execute


class Migration(migrations.Migration):

    dependencies = [("search", "0001_initial")]

    operations = [migrations.RunPython(run(SQLITE, POSTGRES), run(SQLITE_BACK, POSTGRES_BACK))]
