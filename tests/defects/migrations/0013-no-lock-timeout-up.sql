-- expect: fail R3.2
-- only: a long reader
-- No work at all, but it waits for the reader without a bound, and everybody waits behind it.
SET lock_timeout = 0;
ALTER TABLE notes ADD COLUMN pinned boolean NOT NULL DEFAULT false;
