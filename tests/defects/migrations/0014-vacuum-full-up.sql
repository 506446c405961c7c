-- expect: fail R3.1
-- The table is written anew while nobody may read it.
VACUUM FULL notes;
