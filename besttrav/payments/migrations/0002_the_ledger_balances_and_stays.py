from django.db import migrations

# The lines of a posting are looked at when the transaction commits: until then the second line may still come.
BALANCE = """
CREATE FUNCTION payments_posting_balances() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER payments_line_balances AFTER INSERT ON payments_line
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_posting_balances();
CREATE CONSTRAINT TRIGGER payments_posting_balances AFTER INSERT ON payments_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_posting_balances();
"""

# A mistake is corrected by a posting the other way round. Emptying both tables whole cannot pass for a correction: payments would stand
# without their postings, which `manage.py invariants` tells.
STAYS = """
CREATE FUNCTION payments_ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER payments_line_stays BEFORE UPDATE OR DELETE ON payments_line FOR EACH ROW EXECUTE FUNCTION payments_ledger_stays();
CREATE TRIGGER payments_posting_stays BEFORE UPDATE OR DELETE ON payments_posting FOR EACH ROW EXECUTE FUNCTION payments_ledger_stays();
"""
UNDO = """
DROP TRIGGER payments_posting_stays ON payments_posting;
DROP TRIGGER payments_line_stays ON payments_line;
DROP FUNCTION payments_ledger_stays();
DROP TRIGGER payments_posting_balances ON payments_posting;
DROP TRIGGER payments_line_balances ON payments_line;
DROP FUNCTION payments_posting_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [migrations.RunSQL(BALANCE + STAYS, UNDO)]
