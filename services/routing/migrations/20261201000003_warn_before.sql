-- The yellow card's lead is part of the limit row. Until now one rule held for handling and rework: one working day before,
-- or half of the limit; signing had no warning. A warning of a signing limit is possible now.
alter table limit_row
    add column warn_unit text check (warn_unit in ('working_days', 'natural_days', 'minutes')),
    add column warn_length integer check (warn_length >= 1),
    add constraint limit_row_warning_whole check ((warn_unit is null) = (warn_length is null));
update limit_row set warn_unit = 'working_days', warn_length = 1 where clock <> 'sign';
comment on column limit_row.warn_unit is 'What the lead of the warning counts; null for no warning.';
comment on column limit_row.warn_length is 'How long before the end of the limit the unit is warned.';

alter table deadline
    add column warn_unit text check (warn_unit in ('working_days', 'natural_days', 'minutes')),
    add column warn_length integer check (warn_length >= 1),
    drop constraint deadline_warning,
    add constraint deadline_warning_whole check ((warn_unit is null) = (warn_length is null));
update deadline set warn_unit = 'working_days', warn_length = 1 where clock <> 'sign';
alter table deadline add constraint deadline_warning check (warn_at is null or (warn_unit is not null and warn_at < due_at));
comment on column deadline.warn_unit is 'What the row''s lead counts; null for no warning.';
comment on column deadline.warn_length is 'How long before its end the row warns.';
