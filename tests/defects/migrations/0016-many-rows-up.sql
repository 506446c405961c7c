-- expect: fail R3.1
-- Whoever writes one of these 20,000 notes waits until all of them are done. The lint sees a WHERE, the trace counts.
UPDATE notes SET kind = 'note' WHERE id <= 20000;
