-- no-transaction
create index concurrently if not exists appeal_waiting on appeal (received_at, id) where state = 'received';
