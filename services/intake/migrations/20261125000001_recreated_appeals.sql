alter table appeal
    add column recreated_at timestamptz,
    add column completed_at timestamptz,
    add constraint appeal_completed_of_recreated check (completed_at is null or recreated_at is not null) not valid;
comment on column appeal.recreated_at is 'When it was re-created from events after this database was restored: its texts and personal fields are lost, a placeholder stands for them. Null of all others.';
comment on column appeal.completed_at is 'When the platform pushed it once more and so supplied what was lost.';
