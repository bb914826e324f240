-- no-transaction
create index concurrently if not exists personal_read_by_message on personal_read (message, read_at) where message is not null;
