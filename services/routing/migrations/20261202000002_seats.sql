-- Limits know the seat that took an appeal, and complex matters. A limit of handling may start at the signature.
alter table limit_row
    add column seat smallint constraint limit_row_seat_known check (seat between 1 and 3),
    add column complex boolean not null default false,
    add column at_signature boolean not null default false,
    add constraint limit_row_at_signature check (not at_signature or clock = 'handle');
comment on column limit_row.seat is 'Only this Seat; null matches all.';
comment on column limit_row.complex is 'Only complex matters; false matches all.';
comment on column limit_row.at_signature is 'The clock starts at the signature. Otherwise it starts at dispatch, or for rework at the start of the rework.';

alter table linked_appeal
    add column seat smallint constraint linked_appeal_seat_known check (seat > 0),
    add column deputy_level integer,
    add column leader_day_id uuid,
    add column complex boolean not null default false;
comment on column linked_appeal.seat is 'Seat that took it; null for an ordinary one.';
comment on column linked_appeal.deputy_level is 'Number of DeputyLevel, unknown ones too; null where no register knows a deputy.';
comment on column linked_appeal.leader_day_id is 'Leader day on which it came, owned by intake.';
comment on column linked_appeal.complex is 'The limits may name more time for it.';

-- Until the signature an order may have no limit of handling. Not validated: rows of before keep a stricter rule, and the
-- table is not held up.
alter table orders
    drop constraint orders_lead_whole,
    add constraint orders_lead_whole check (
        num_nonnulls(lead_unit, lead_top_unit, dispatched_at, dispatched_by_person)
        = case when state = 'pending_dispatch' then 0 else 4 end
    ) not valid,
    add constraint orders_due check (
        case state when 'pending_dispatch' then due_at is null when 'pending_sign' then true else due_at is not null end
    ) not valid;
comment on column orders.dispatched_at is 'When it was dispatched. The sign clock starts here; so does the handle clock, unless its row starts it at the signature.';
comment on column orders.due_at is 'Limit of the running round: handling in round 0, rework later. Null before dispatch, and before the signature where handling starts there.';
