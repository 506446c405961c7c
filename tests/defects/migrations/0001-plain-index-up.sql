-- expect: fail R3.1
-- Every writer waits until the index is built.
CREATE INDEX notes_created_at ON notes (created_at);
