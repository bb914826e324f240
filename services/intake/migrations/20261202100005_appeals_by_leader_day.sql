-- no-transaction
create index concurrently if not exists appeal_by_leader_day on appeal (leader_day_id, received_at, id) where leader_day_id is not null;
