create table ledger_entry (
    id          uuid        primary key,
    kind        smallint    not null,
    day         date        not null,
    unit        text        not null,
    title       text        not null,
    result      text        not null,
    recorded_at timestamptz not null,
    actor       text        not null,
    constraint ledger_entry_kind_positive check (kind > 0),
    constraint ledger_entry_titled check (title <> '')
);
create index ledger_entry_by_day on ledger_entry (day, id);
comment on table ledger_entry is 'Ledger of the hotline''s own work: test calls, training, exams, typical cases, media items, meetings. An entry names no person and never changes.';
comment on column ledger_entry.id is 'Identity.';
comment on column ledger_entry.kind is 'Number of hotline.events.v1.LedgerKind.';
comment on column ledger_entry.day is 'Day of the work, not after the day of recording.';
comment on column ledger_entry.unit is 'Code of the unit that it concerns; empty for the hotline itself.';
comment on column ledger_entry.title is 'One line.';
comment on column ledger_entry.result is 'Result; empty when none is given.';
comment on column ledger_entry.recorded_at is 'When it was recorded.';
comment on column ledger_entry.actor is 'Subject of the person who recorded it.';
