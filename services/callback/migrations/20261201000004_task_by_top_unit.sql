-- no-transaction
create index concurrently if not exists callback_task_by_top_unit on callback_task (lead_top_unit, opened_at, id) where lead_top_unit is not null;
