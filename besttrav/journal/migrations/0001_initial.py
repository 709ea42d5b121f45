"""The journal's tables, by hand: Django does not partition. Every statement runs on PostgreSQL 15 and newer."""

from typing import ClassVar

from django.db import migrations, models

REFUSAL = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

# A tick is the number of the writing transaction, so the sealer can tell from a snapshot which entries can no longer be joined by others.
# After a dump is restored into a cluster whose transactions are numbered lower, `base` lifts them (sealing.heal_ticks). Until then
# nothing is written: an entry with a tick that is already sealed would never be sealed itself.
TICKS = """
CREATE TABLE journal_tick_base (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  base bigint NOT NULL,
  sealed_below bigint NOT NULL
);
INSERT INTO journal_tick_base (base, sealed_below) VALUES (0, 0);

CREATE FUNCTION journal_tick() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  tick bigint;
  floor bigint;
BEGIN
  SELECT base + pg_current_xact_id()::text::bigint, sealed_below INTO tick, floor FROM journal_tick_base;
  IF tick IS NULL OR tick < floor THEN
    RAISE EXCEPTION 'transaction numbers ran backwards: the journal waits to be healed' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN tick;
END $$;

-- Below this every transaction of this database has ended, and what it wrote is visible to the next statement. Transactions known to run
-- in another database of the cluster are passed over: they cannot write here, and the vault's long ones would hold up the seal.
CREATE FUNCTION journal_horizon() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT tick.base + coalesce(
    (SELECT min(running.xid::text::bigint)
       FROM pg_snapshot_xip(seen.now) AS running (xid)
      WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS elsewhere
                         WHERE elsewhere.backend_xid = running.xid::xid AND elsewhere.datname <> current_database())),
    pg_snapshot_xmax(seen.now)::text::bigint)
  FROM journal_tick_base AS tick, pg_current_snapshot() AS seen (now)
$$;
"""

ENTRIES = """
CREATE TABLE journal_entry (
  id uuid NOT NULL,
  stream smallint NOT NULL,
  tick bigint NOT NULL DEFAULT journal_tick(),
  at timestamptz NOT NULL,
  action text NOT NULL,
  about_type text NOT NULL,
  about_id uuid,
  subject uuid,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  facts jsonb NOT NULL,
  salt bytea NOT NULL CHECK (length(salt) = 16),
  digest bytea NOT NULL CHECK (length(digest) = 32),
  PRIMARY KEY (id, stream)
) PARTITION BY LIST (stream);
CREATE INDEX journal_entry_tick ON journal_entry (tick, id);
CREATE INDEX journal_entry_subject ON journal_entry (subject, id) WHERE subject IS NOT NULL;
CREATE INDEX journal_entry_about ON journal_entry (about_id, id) WHERE about_id IS NOT NULL;
CREATE TRIGGER journal_kept BEFORE UPDATE OR DELETE ON journal_entry FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_kept_whole BEFORE TRUNCATE ON journal_entry FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();

CREATE FUNCTION journal_first_id(month timestamp) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM month) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The partition is attached, not created in place: attaching lets writers go on, and does not queue them behind a running dump.
CREATE FUNCTION journal_ensure_month(label text, number smallint, month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  parent text := 'journal_entry_' || label;
  part text := parent || to_char(month, '_YYYY_MM');
BEGIN
  IF to_regclass(quote_ident(parent)) IS NULL THEN
    EXECUTE format('CREATE TABLE %I PARTITION OF journal_entry FOR VALUES IN (%s) PARTITION BY RANGE (id)', parent, number);
  END IF;
  IF to_regclass(quote_ident(part)) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
  EXECUTE format('CREATE TRIGGER journal_kept_whole BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()', part);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 parent, part, journal_first_id(month), journal_first_id(month + interval '1 month'));
  RETURN true;
END $$;

SELECT journal_ensure_month(stream.label, stream.number::smallint, month::date)
  FROM (VALUES ('access', 1), ('security', 2), ('disclosure', 3), ('rights', 4), ('business', 5)) AS stream (label, number),
       generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'), date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months',
                       interval '1 month') AS month;
"""

BATCHES = """
CREATE TABLE journal_batch (
  number bigint PRIMARY KEY,
  stream smallint NOT NULL,
  month date NOT NULL,
  low bigint NOT NULL,
  high bigint NOT NULL CHECK (high > low),
  entries integer NOT NULL CHECK (entries > 0),
  root bytea NOT NULL,
  previous bytea NOT NULL,
  head bytea NOT NULL,
  signature bytea NOT NULL,
  key_id text NOT NULL,
  sealed_at timestamptz NOT NULL,
  dropped_at timestamptz,
  UNIQUE (stream, month, low)
);
CREATE TRIGGER journal_kept BEFORE DELETE ON journal_batch FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_kept_whole BEFORE TRUNCATE ON journal_batch FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_only_dropped BEFORE UPDATE ON journal_batch FOR EACH ROW
  WHEN (OLD.dropped_at IS NOT NULL OR to_jsonb(NEW) - 'dropped_at' IS DISTINCT FROM to_jsonb(OLD) - 'dropped_at')
  EXECUTE FUNCTION journal_refuse();
"""

UNDO = """
DROP TABLE journal_batch, journal_entry, journal_tick_base;
DROP FUNCTION journal_ensure_month, journal_first_id, journal_horizon, journal_tick, journal_refuse;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.RunSQL(REFUSAL + TICKS + ENTRIES + BATCHES, UNDO),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("stream", models.SmallIntegerField()),
                ("month", models.DateField()),
                ("low", models.BigIntegerField()),
                ("high", models.BigIntegerField()),
                ("entries", models.IntegerField()),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("head", models.BinaryField()),
                ("signature", models.BinaryField()),
                ("key_id", models.TextField()),
                ("sealed_at", models.DateTimeField()),
                ("dropped_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "journal_batch", "managed": False},
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "stream",
                    models.SmallIntegerField(choices=[(1, "access"), (2, "security"), (3, "disclosure"), (4, "rights"), (5, "business")]),
                ),
                ("tick", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("action", models.TextField()),
                ("about_type", models.TextField()),
                ("about_id", models.UUIDField(null=True)),
                ("subject", models.UUIDField(null=True)),
                ("actor_kind", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.TextField()),
                ("facts", models.JSONField()),
                ("salt", models.BinaryField()),
                ("digest", models.BinaryField()),
            ],
            options={"db_table": "journal_entry", "managed": False},
        ),
    ]
