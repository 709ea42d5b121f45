from django.db import migrations

# Replaces the function of migration 0002; its triggers stay as they are.
BALANCE = """
CREATE OR REPLACE FUNCTION payments_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  posting uuid;
  lines bigint;
  of_commission bigint;
  rest numeric;
BEGIN
  IF TG_TABLE_NAME = 'payments_line' THEN posting := NEW.posting_id; ELSE posting := NEW.id; END IF;
  SELECT count(*), count(*) FILTER (WHERE account LIKE 'commission%'), coalesce(sum(fen), 0)
    INTO lines, of_commission, rest FROM payments_line WHERE posting_id = posting;
  IF lines < 2 OR rest <> 0 THEN
    RAISE EXCEPTION 'a posting has % lines that add up to % fen, not to nothing', lines, rest USING ERRCODE = 'check_violation';
  END IF;
  IF of_commission NOT IN (0, lines) THEN
    RAISE EXCEPTION 'a posting nets premium against commission' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION payments_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  posting uuid;
  lines bigint;
  rest numeric;
BEGIN
  IF TG_TABLE_NAME = 'payments_line' THEN posting := NEW.posting_id; ELSE posting := NEW.id; END IF;
  SELECT count(*), coalesce(sum(fen), 0) INTO lines, rest FROM payments_line WHERE posting_id = posting;
  IF lines < 2 OR rest <> 0 THEN
    RAISE EXCEPTION 'a posting has % lines that add up to % fen, not to nothing', lines, rest USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_insurers_and_commission")]
    operations = [migrations.RunSQL(BALANCE, BEFORE)]
