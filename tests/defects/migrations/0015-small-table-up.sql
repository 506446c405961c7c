-- expect: fail R3.1
-- The load never goes to this table, and it is small today: no clock would notice.
CREATE INDEX users_name ON users (name);
