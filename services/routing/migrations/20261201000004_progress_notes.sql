-- 阶段性回复: what a unit notes about how far it is, while it works on an order.
create table progress_note (
    id uuid primary key,
    order_id uuid not null references orders (id),
    round integer not null check (round >= 0),
    at timestamptz not null,
    actor text not null check (actor <> ''),
    next_day date,
    text bytea not null
);
create index progress_note_of_order on progress_note (order_id, at, id);
comment on table progress_note is 'Notes of the lead unit about an order in progress; only added. An order has at most 100.';
comment on column progress_note.next_day is 'Day of the next note or of the reply, as the unit expects it; null where it names none.';
comment on column progress_note.text is 'The note, sealed.';
