-- expect: fail R3.1
-- Each row gets a value of its own, so the table is rewritten while nobody may read it.
ALTER TABLE notes ADD COLUMN lucky double precision DEFAULT random();
