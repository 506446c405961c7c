-- expect: fail R3.1
-- No parser sees the index inside; the trace does.
DO $$
BEGIN
    EXECUTE 'CREATE INDEX notes_views ON notes (views)';
END
$$;
