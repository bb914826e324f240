alter table appeal
    drop constraint appeal_completed_of_recreated,
    drop column recreated_at,
    drop column completed_at;
