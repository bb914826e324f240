-- no-transaction
create index concurrently if not exists appeal_by_seen_order on appeal (seen_order) where seen_order <> order_id;
