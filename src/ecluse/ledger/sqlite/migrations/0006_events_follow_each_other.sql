-- An event follows the one before it, so no two have one predecessor: a look at one row says it.
CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.previous IS NOT coalesce((SELECT hash FROM events WHERE number = NEW.number - 1), '')
BEGIN SELECT RAISE(ABORT, 'an event follows the one before it'); END;
