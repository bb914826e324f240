-- no-transaction
create index concurrently if not exists callback_task_to_judge on callback_task (opened_at, id) where state = 'pending_judgement';
