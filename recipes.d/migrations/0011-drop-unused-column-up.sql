-- expect: pass
-- The last step of expand and contract: no release reads or writes it any more, and no row is touched.
ALTER TABLE notes DROP COLUMN kind;
