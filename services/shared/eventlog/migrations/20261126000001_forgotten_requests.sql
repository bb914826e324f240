-- no-transaction
create index concurrently if not exists request_by_time on request (made_at);
