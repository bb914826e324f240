-- no-transaction
create index concurrently if not exists appeal_by_seat on appeal (seat, received_at, id) where seat is not null;
