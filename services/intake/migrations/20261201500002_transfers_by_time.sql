-- no-transaction
create index concurrently if not exists appeal_transferred on appeal (ended_at, id) where state = 'transferred';
