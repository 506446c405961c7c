-- expect: fail R3.1
-- The constraint builds its index while nobody may read the table.
ALTER TABLE notes ADD CONSTRAINT notes_title_once UNIQUE (id, title);
