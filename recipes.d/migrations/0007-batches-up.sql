-- expect: pass
-- Forty batches of 500 rows, each committed: nobody waits for a row longer than its batch takes.
DO $$
BEGIN
    FOR batch IN 0..39 LOOP
        UPDATE notes SET kind = 'note' WHERE id BETWEEN batch * 500 + 1 AND batch * 500 + 500;
        COMMIT;
    END LOOP;
END
$$;
