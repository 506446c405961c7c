-- expect: fail R3.1
-- A wider integer is stored in another way: the table and its indexes are written anew.
ALTER TABLE notes ALTER COLUMN views TYPE bigint;
