-- expect: pass
-- set: blocked_limit=500ms
-- The negative control: 0.7 times the limit. They wait, but not that long.
BEGIN;
LOCK TABLE notes IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep(0.35);
COMMIT;
