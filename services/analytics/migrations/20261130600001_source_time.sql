alter table fact_appeal add column source_at timestamptz;
comment on column fact_appeal.source_at is 'When the person brought it, as the source says; null where the source says nothing: then received_at.';
comment on column fact_appeal.received_at is 'When it was registered.';
comment on column fact_appeal.received_day is 'Day (Asia/Shanghai) of source_at, else of received_at: the cohort.';
comment on column fact_call.offered_at is 'When it was offered: as the source says, else when it was recorded.';
