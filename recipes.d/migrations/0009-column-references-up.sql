-- expect: pass
-- Without a default every value of the new column is NULL, so the server looks nothing up.
ALTER TABLE notes ADD COLUMN editor integer REFERENCES users (id);
