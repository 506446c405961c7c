-- expect: fail R3.3 R3.4
-- Two notes have one author, so the build fails at its end and leaves an invalid index behind.
CREATE UNIQUE INDEX CONCURRENTLY notes_author_once ON notes (author);
