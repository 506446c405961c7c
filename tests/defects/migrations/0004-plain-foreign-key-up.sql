-- expect: fail R3.1
-- All rows are looked up while nobody may write to either table.
ALTER TABLE notes ADD CONSTRAINT notes_author_known FOREIGN KEY (author) REFERENCES users (id);
