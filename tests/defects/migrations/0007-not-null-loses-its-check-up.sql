-- expect: fail R3.1
-- Staged, but the last statement drops the proof in the same breath: the scan is back.
ALTER TABLE notes ADD CONSTRAINT notes_kind_present CHECK (kind IS NOT NULL) NOT VALID;
ALTER TABLE notes VALIDATE CONSTRAINT notes_kind_present;
ALTER TABLE notes ALTER COLUMN kind SET NOT NULL, DROP CONSTRAINT notes_kind_present;
