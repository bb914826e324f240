-- no-transaction
-- No query of the running service reads it, and each event would write it. The doctor reads the whole log.
drop index concurrently if exists log_key;
