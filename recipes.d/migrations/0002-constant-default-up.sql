-- expect: pass
-- A constant default is kept once, in the catalogue: no row is touched.
ALTER TABLE notes ADD COLUMN pinned boolean NOT NULL DEFAULT false;
