-- no-transaction
create index concurrently if not exists callback_task_held on callback_task (lease_owner) where lease_owner is not null;
