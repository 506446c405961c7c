-- expect: pass
-- The index is built while everybody writes; the constraint only takes it over.
CREATE UNIQUE INDEX CONCURRENTLY users_email_once ON users (email);
ALTER TABLE users ADD CONSTRAINT users_email_once UNIQUE USING INDEX users_email_once;
