-- expect: pass
-- The new table is empty, so there is nothing to look up; the lock on notes lasts a moment.
CREATE TABLE tags (note integer NOT NULL REFERENCES notes (id), name text NOT NULL);
