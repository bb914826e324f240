-- no-transaction
create index concurrently if not exists callback_task_by_unit on callback_task (unit, opened_at, id);
