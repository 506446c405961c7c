-- expect: pass
-- NOT VALID takes its lock for a moment only; the old rows are looked at afterwards, while everybody writes.
ALTER TABLE notes ADD CONSTRAINT notes_author_known FOREIGN KEY (author) REFERENCES users (id) NOT VALID;
ALTER TABLE notes VALIDATE CONSTRAINT notes_author_known;
