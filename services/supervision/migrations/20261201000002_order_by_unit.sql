-- no-transaction
create index concurrently if not exists watched_order_by_unit on watched_order (lead_unit);
