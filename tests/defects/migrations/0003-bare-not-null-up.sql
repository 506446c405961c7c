-- expect: fail R3.1
-- All rows are looked at while nobody may read the table. Warm it takes less than the limit, cold more: only its structure tells.
ALTER TABLE notes ALTER COLUMN kind SET NOT NULL;
