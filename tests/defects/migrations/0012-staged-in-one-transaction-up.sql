-- expect: fail R3.1
-- The good form, spoilt by its transaction: the first lock is kept while all rows are looked at.
BEGIN;
ALTER TABLE notes ADD CONSTRAINT notes_kind_present CHECK (kind IS NOT NULL) NOT VALID;
ALTER TABLE notes VALIDATE CONSTRAINT notes_kind_present;
ALTER TABLE notes ALTER COLUMN kind SET NOT NULL;
ALTER TABLE notes DROP CONSTRAINT notes_kind_present;
COMMIT;
