-- no-transaction
create index concurrently if not exists card_by_top_unit on card (top_unit, issued_at, id);
