-- expect: pass
-- What fitted into 80 characters fits into 200: nothing is rewritten.
ALTER TABLE notes ALTER COLUMN title TYPE varchar(200);
