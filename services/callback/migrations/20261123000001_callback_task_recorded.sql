-- no-transaction
create index concurrently if not exists callback_task_recorded on callback_task (recorded_at, rating) where recorded_at is not null;
