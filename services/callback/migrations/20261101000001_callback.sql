create table callback_task (
    id               uuid        primary key,
    order_id         uuid        not null,
    order_number     text        not null,
    appeal_id        uuid        not null,
    round            integer     not null,
    unit             text        not null,
    urgency          smallint    not null,
    anonymous        boolean     not null,
    confidential     boolean     not null,
    state            text        not null,
    opened_at        timestamptz not null,
    changed_at       timestamptz not null,
    told             bigint      not null,
    token            bigint      not null,
    lease_owner      text,
    lease_expires_at timestamptz,
    attempt_count    integer     not null,
    reached          boolean     not null,
    solved           smallint,
    rating           smallint,
    comment          bytea,
    recorded_at      timestamptz,
    recorded_by      text,
    cause            smallint,
    reason           bytea,
    judged_at        timestamptz,
    judged_by        text,
    judged_event     uuid,
    constraint callback_task_once unique (order_id, round),
    constraint callback_task_urgency_known check (urgency between 1 and 3),
    constraint callback_task_counts check (round >= 0 and told >= 0 and token >= 0 and attempt_count >= 0),
    constraint callback_task_time_forward check (changed_at >= opened_at),
    constraint callback_task_lease_whole check (
        (lease_owner is null) = (lease_expires_at is null) and (lease_owner is null or state = 'open')),
    constraint callback_task_leased_once check (lease_owner is null or token > 0),
    constraint callback_task_reached_by_attempt check (not reached or attempt_count > 0),
    constraint callback_task_grade_of_reached check (
        rating is null or (rating between 1 and 5 and reached) or rating = 6),
    constraint callback_task_solved_of_reached check (
        rating is null or (solved is not null) = reached),
    constraint callback_task_solved_known check (solved between 1 and 4),
    constraint callback_task_comment_of_reached check (comment is null or reached),
    constraint callback_task_judged_whole check (
        (cause is null) = (reason is null) and (cause is null) = (judged_at is null)
        and (cause is null) = (judged_by is null) and (cause is null) = (judged_event is null)
        and (cause is null or cause between 1 and 2)),
    constraint callback_task_state_facts check (
        case state
            when 'open'              then rating is null and solved is null and comment is null and recorded_at is null
                                          and recorded_by is null and cause is null
            when 'pending_judgement' then rating in (4, 5) and recorded_at is not null and recorded_by is not null
                                          and cause is null
            when 'done'              then rating is not null and recorded_at is not null and recorded_by is not null
                                          and (cause is not null) = (rating in (4, 5))
            else false
        end)
);
create index callback_task_by_time on callback_task (opened_at, id);
create index callback_task_waiting on callback_task (urgency desc, opened_at, id) where state = 'open';
comment on table callback_task is 'Callback tasks (回访): one per round of an order whose reply was passed. The row is the lease, too.';
comment on column callback_task.id is 'Derived from the event that passed the reply.';
comment on column callback_task.order_id is 'Order.';
comment on column callback_task.order_number is 'Number that people say on the phone.';
comment on column callback_task.appeal_id is 'Appeal, where intake shows the person to those who may see him.';
comment on column callback_task.round is 'Round that is asked about.';
comment on column callback_task.unit is 'Code of the unit whose work is asked about.';
comment on column callback_task.urgency is 'Number of hotline.common.v1.Urgency: what is more urgent is proposed first.';
comment on column callback_task.anonymous is '匿名: there is nobody to call.';
comment on column callback_task.confidential is '保密: called without the unit learning who it was.';
comment on column callback_task.state is 'open (leased while the lease runs), pending_judgement or done.';
comment on column callback_task.opened_at is 'When the reply was passed.';
comment on column callback_task.changed_at is 'Business time of the newest change; never runs backwards.';
comment on column callback_task.told is 'Version of the newest event that callback told about the order; a task goes on from the one of the round before.';
comment on column callback_task.token is 'Fencing token: one more with every lease; 0 before the first.';
comment on column callback_task.lease_owner is 'Subject who has it; null when nobody has.';
comment on column callback_task.lease_expires_at is 'Wall time from which on it is open to others again.';
comment on column callback_task.attempt_count is 'Attempts reported; the number of the newest one.';
comment on column callback_task.reached is 'An attempt reached the person.';
comment on column callback_task.solved is 'Number of hotline.common.v1.Solved; null while open and when nobody was reached.';
comment on column callback_task.rating is 'Number of hotline.common.v1.Rating; 6 is UNRATED. Null while open.';
comment on column callback_task.comment is 'Sealed: the person''s words.';
comment on column callback_task.recorded_at is 'When the outcome was recorded.';
comment on column callback_task.recorded_by is 'Subject who recorded it.';
comment on column callback_task.cause is 'Number of hotline.common.v1.Cause; only of a dissatisfied outcome that was judged.';
comment on column callback_task.reason is 'Sealed: why the supervisor judged so.';
comment on column callback_task.judged_at is 'When it was judged.';
comment on column callback_task.judged_by is 'Subject of the supervisor.';
comment on column callback_task.judged_event is 'Event that told the judgement: the doctor looks for it in the log (I6).';

create table attempt (
    task_id     uuid        not null references callback_task (id),
    number      integer     not null,
    mode        smallint    not null,
    outcome     smallint    not null,
    token       bigint      not null,
    reported_at timestamptz not null,
    reported_by text        not null,
    primary key (task_id, number),
    constraint attempt_number_positive check (number >= 1),
    constraint attempt_mode_known check (mode between 1 and 4),
    constraint attempt_outcome_known check (outcome between 1 and 7),
    constraint attempt_token_positive check (token >= 1)
);
comment on table attempt is 'Attempts to reach an appellant. Insert only.';
comment on column attempt.task_id is 'Task.';
comment on column attempt.number is 'From 1, dense per task.';
comment on column attempt.mode is 'Number of hotline.common.v1.CallbackMode.';
comment on column attempt.outcome is 'Number of hotline.common.v1.AttemptOutcome.';
comment on column attempt.token is 'Fencing token of the lease under which it was made.';
comment on column attempt.reported_at is 'When it was reported.';
comment on column attempt.reported_by is 'Subject who reported it.';
