-- Numbers of the contracts' enums are kept as they came: a newer producer's value is stored, not refused.
alter table fact_appeal
    drop constraint fact_appeal_type,
    alter column appeal_type type integer using case appeal_type
        when 'CONSULT' then 1 when 'HELP' then 2 when 'COMPLAINT' then 3 when 'REPORT' then 4
        when 'SUGGESTION' then 5 when 'PRAISE' then 6 when 'OTHER' then 7 end,
    add constraint fact_appeal_type_given check (appeal_type > 0);
comment on column fact_appeal.appeal_type is 'What is wanted: number of AppealType, perhaps one from the future.';

-- Conditions that compare a column with a text are dropped before it becomes a number, and added anew.
alter table fact_order
    drop constraint fact_order_type,
    drop constraint fact_order_state,
    drop constraint fact_order_undispatched,
    drop constraint fact_order_closed;
alter table fact_order
    alter column appeal_type type integer using case appeal_type
        when 'CONSULT' then 1 when 'HELP' then 2 when 'COMPLAINT' then 3 when 'REPORT' then 4
        when 'SUGGESTION' then 5 when 'PRAISE' then 6 when 'OTHER' then 7 end,
    alter column state type integer using case state
        when 'PENDING_DISPATCH' then 1 when 'PENDING_SIGN' then 2 when 'IN_PROGRESS' then 3
        when 'PENDING_REVIEW' then 4 when 'PENDING_CALLBACK' then 5 when 'CLOSED' then 6 end,
    add column other_cards text[] not null default '{}';
alter table fact_order
    add constraint fact_order_type_given check (appeal_type > 0),
    add constraint fact_order_state_given check (state > 0),
    -- What the known states say; of one from the future nothing is expected.
    add constraint fact_order_led_after_dispatch check (state not between 2 and 6 or lead_unit is not null),
    add constraint fact_order_closed_by_state check (state > 6 or (state = 6) = (closed_at is not null));
comment on column fact_order.appeal_type is 'routing: what is wanted: number of AppealType, perhaps one from the future.';
comment on column fact_order.state is 'routing: where it stands: number of OrderState, perhaps one from the future.';
comment on column fact_order.appeal_id is 'routing: the appeal that opened it, whose codes these are.';
comment on column fact_order.other_cards is 'supervision: cards of colours from the future as colour/id, sorted. Counted nowhere.';
comment on column fact_order.withdrawn_cards is 'supervision: ids of the cards of any colour that were taken back, sorted.';
comment on column rollup.member is 'Which one; empty for the total. Types are numbers of AppealType, topics are categories of any level: both are grouped for print.';
