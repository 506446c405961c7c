-- expect: fail R3.2
-- set: blocked_limit=500ms
-- The positive control: 1.3 times the limit. No work, no rule: only whoever waits can tell. (130 ms in t4's own self-test.)
BEGIN;
LOCK TABLE notes IN ACCESS EXCLUSIVE MODE;
SELECT pg_sleep(0.65);
COMMIT;
