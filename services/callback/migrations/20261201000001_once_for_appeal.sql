-- no-transaction
create unique index concurrently if not exists callback_task_once_for_appeal on callback_task (order_id, round, appeal_id);
