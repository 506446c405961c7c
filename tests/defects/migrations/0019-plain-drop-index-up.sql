-- expect: pass
-- No work: the lock lasts a moment, and with a lock_timeout nobody waits behind it for long. CONCURRENTLY is better manners, not another verdict.
DROP INDEX notes_author;
