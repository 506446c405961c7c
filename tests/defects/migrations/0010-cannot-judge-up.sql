-- expect: fail R3.1
-- Newer grammar than the parser's: nothing can be promised about it.
ALTER TABLE notes ADD CONSTRAINT notes_kind_present NOT NULL kind NOT VALID;
