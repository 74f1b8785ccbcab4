"""Make the tables that `portal/desk/search.py` keeps: they have no models."""

from django.db import migrations

TABLES = ("desk_page_index", "desk_topic_index")


def make_tables(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TABLE {table} (id bigint PRIMARY KEY, body text NOT NULL,"
                " vector tsvector NOT NULL)"
            )
            schema_editor.execute(
                f"CREATE INDEX {table}_vector ON {table} USING gin (vector)"
            )
        else:
            schema_editor.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5(title, body,"
                " tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3')"
            )


def drop_tables(apps, schema_editor):
    for table in TABLES:
        schema_editor.execute(f"DROP TABLE {table}")


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_logins_and_addresses")]

    operations = [migrations.RunPython(make_tables, drop_tables)]
