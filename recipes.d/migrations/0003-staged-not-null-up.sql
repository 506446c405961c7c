-- expect: pass
-- expect transaction: fail R3.1
-- expect simple: fail R3.1
-- The scan happens under VALIDATE, which stops nobody; SET NOT NULL then finds its proof.
ALTER TABLE notes ADD CONSTRAINT notes_kind_present CHECK (kind IS NOT NULL) NOT VALID;
ALTER TABLE notes VALIDATE CONSTRAINT notes_kind_present;
ALTER TABLE notes ALTER COLUMN kind SET NOT NULL;
ALTER TABLE notes DROP CONSTRAINT notes_kind_present;
