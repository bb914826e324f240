-- no-transaction
-- No query reads it; the search by telephone number will bring its own.
drop index concurrently if exists appeal_by_phones;
