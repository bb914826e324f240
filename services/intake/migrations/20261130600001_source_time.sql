-- Not validated: the tables are not held up.
alter table appeal
    add column source_at timestamptz,
    add constraint appeal_source_before check (source_at <= received_at) not valid;
comment on column appeal.source_at is 'When the person brought it, as the source says: the day on which figures count it. Null where the source says nothing: then received_at.';

alter table call add column recorded_at timestamptz;
update call set recorded_at = offered_at;
alter table call
    alter column recorded_at set not null,
    add constraint call_offered_before check (offered_at <= recorded_at) not valid;
comment on column call.offered_at is 'When it was offered: as the source says, else when it was recorded.';
comment on column call.recorded_at is 'When it was recorded.';
