-- no-transaction
create index concurrently if not exists card_by_unit on card (unit, issued_at, id);
