-- expect: pass
-- Writers go on while the index is built.
CREATE INDEX CONCURRENTLY notes_created_at ON notes (created_at);
