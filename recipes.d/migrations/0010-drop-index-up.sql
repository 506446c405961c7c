-- expect: pass
-- Readers and writers go on while it goes.
DROP INDEX CONCURRENTLY notes_author;
