-- expect: fail R3.3
-- It takes no time at all, and every query that still says "body" fails.
ALTER TABLE notes RENAME COLUMN body TO content;
