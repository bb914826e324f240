-- callback asks the appellant of each appeal that an order answers, in each round.
create table fact_callback (
    order_id        uuid    not null references fact_order,
    round           integer not null,
    appeal_id       uuid    not null,
    attempts        integer not null,
    outcome_version bigint,
    outcome_event   uuid,
    reached         boolean,
    solved          integer,
    rating          integer,
    ground          integer,
    judged_version  bigint,
    judged_event    uuid,
    cause           integer,
    constraint fact_callback_key primary key (order_id, round, appeal_id),
    constraint fact_callback_counts check (round >= 0 and attempts >= 0),
    constraint fact_callback_outcome_whole check
        (num_nulls(outcome_version, outcome_event, reached, solved, rating, ground) in (0, 6)),
    constraint fact_callback_outcome_given check (rating > 0 and solved >= 0 and ground >= 0),
    -- NO_CHANNEL: unrated, and nobody was reached.
    constraint fact_callback_no_channel check (ground <> 1 or (rating = 6 and not reached)),
    constraint fact_callback_judged_whole check (num_nulls(judged_version, judged_event, cause) in (0, 3)),
    constraint fact_callback_cause_given check (cause > 0)
);
comment on table fact_callback is 'One row per order, round and appeal whose appellant is asked, from callback. Locked by its order''s row.';
comment on column fact_callback.order_id is 'UUID of the order.';
comment on column fact_callback.round is 'Round of the order that is asked about.';
comment on column fact_callback.appeal_id is 'The appeal whose appellant is asked; 0 of what was read before callback told it.';
comment on column fact_callback.attempts is 'Attempts that were made.';
comment on column fact_callback.outcome_version is 'Version of the task with the outcome; the highest one is the truth.';
comment on column fact_callback.outcome_event is 'The event that told the outcome; decides between two of one version.';
comment on column fact_callback.reached is 'The person was reached.';
comment on column fact_callback.solved is 'Is the matter solved: number of Solved, 0 when unreached, perhaps one from the future.';
comment on column fact_callback.rating is 'The grade, or UNRATED (6): number of Rating, perhaps one from the future.';
comment on column fact_callback.ground is 'Why it is unrated without a call: number of UnratedGround, 0 for all others, perhaps one from the future.';
comment on column fact_callback.judged_version is 'Version of the task with the judgement; the highest one is the truth.';
comment on column fact_callback.judged_event is 'The event that told the judgement; decides between two of one version.';
comment on column fact_callback.cause is 'Whose fault the dissatisfaction was: number of Cause, perhaps one from the future.';

insert into fact_callback (order_id, round, appeal_id, attempts, outcome_version, outcome_event, reached, solved, rating,
                           ground)
select id, coalesce(outcome_round, 0), coalesce(appeal_id, '00000000-0000-0000-0000-000000000000'), attempts,
       outcome_version, outcome_event, outcome_reached,
       case outcome_solved when 'UNSPECIFIED' then 0 when 'SOLVED' then 1 when 'PARTLY' then 2 when 'NOT_SOLVED' then 3
                           when 'UNTRUE' then 4 end,
       case outcome_rating when 'VERY_SATISFIED' then 1 when 'SATISFIED' then 2 when 'FAIRLY_SATISFIED' then 3
                           when 'DISSATISFIED' then 4 when 'VERY_DISSATISFIED' then 5 when 'UNRATED' then 6 end,
       case when outcome_round is not null then case outcome_ground when 'NO_CHANNEL' then 1 else 0 end end
  from fact_order
 where outcome_round is not null or attempts > 0;
insert into fact_callback (order_id, round, appeal_id, attempts, judged_version, judged_event, cause)
select id, judged_round, coalesce(appeal_id, '00000000-0000-0000-0000-000000000000'), 0, judged_version, judged_event,
       case judged_cause when 'UNIT' then 1 when 'OBJECTIVE' then 2 end
  from fact_order
 where judged_round is not null
    on conflict (order_id, round, appeal_id) do update
   set judged_version = excluded.judged_version, judged_event = excluded.judged_event, cause = excluded.cause;

alter table fact_order
    drop column attempts,
    drop column outcome_round,
    drop column outcome_version,
    drop column outcome_event,
    drop column outcome_reached,
    drop column outcome_solved,
    drop column outcome_rating,
    drop column outcome_ground,
    drop column judged_round,
    drop column judged_version,
    drop column judged_event,
    drop column judged_cause;
-- It named attempts, and went with it.
alter table fact_order
    add constraint fact_order_not_negative check (round >= 0 and contact_count >= 0 and rejected_count >= 0);
