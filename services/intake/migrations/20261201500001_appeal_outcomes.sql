-- Outcomes of an appeal besides an answer and an order, and questions to appellants.
-- Not validated: no row of before has a new fact, and the table is not held up.
alter table appeal
    drop constraint appeal_state_facts,
    add column asked_at timestamptz,
    add column ended_at timestamptz,
    add column ground smallint,
    add column outcome bytea,
    add column receiver smallint,
    add column hotline text,
    add column acknowledge_due_at timestamptz,
    add column acknowledged_at timestamptz,
    add column acknowledged_by bytea,
    add column told_order uuid,
    add constraint appeal_state_facts check (
        state in ('received', 'awaiting_information', 'answered', 'ordered', 'not_accepted', 'transferred', 'invalid',
                  'progress_told')
        and (answered_at is not null) = (state = 'answered')
        and (answer is not null) = (state = 'answered')
        and (forwarded_at is not null) = (state = 'ordered')
        and (order_id is not null) = (state = 'ordered')
        and (asked_at is not null) = (state = 'awaiting_information')
        and (ended_at is not null) = (state in ('not_accepted', 'transferred', 'invalid', 'progress_told'))
        and (ground is not null) = (state in ('not_accepted', 'invalid'))
        and (outcome is not null) = (state in ('not_accepted', 'progress_told'))
        and (receiver is not null) = (state = 'transferred')
        and (acknowledge_due_at is not null) = (state = 'transferred')
        and (acknowledged_at is null or state = 'transferred')
        and (told_order is not null) = (state = 'progress_told')) not valid,
    add constraint appeal_ground_named check (ground >= 1) not valid,
    -- 5 is OTHER_HOTLINE.
    add constraint appeal_hotline_of_other check ((hotline is not null) = coalesce(receiver = 5, false)) not valid,
    add constraint appeal_acknowledgement_whole check ((acknowledged_at is null) = (acknowledged_by is null)) not valid;
comment on column appeal.state is 'Name of hotline.intake.v1.AppealState in lower case; the facts of a state are there exactly in it.';
comment on column appeal.asked_at is 'When the open question was asked.';
comment on column appeal.ended_at is 'When it was declined, transferred, invalidated, or its progress was told.';
comment on column appeal.ground is 'Number of DeclineGround in not_accepted, of InvalidGround in invalid.';
comment on column appeal.outcome is 'Sealed: the other path in not_accepted, what was told in progress_told.';
comment on column appeal.receiver is 'Number of TransferReceiver.';
comment on column appeal.hotline is 'Name of another hotline.';
comment on column appeal.acknowledge_due_at is 'Until when the receiver of the transfer has to acknowledge.';
comment on column appeal.acknowledged_at is 'When the receiver acknowledged; null while the transfer is open.';
comment on column appeal.acknowledged_by is 'Sealed: the receiver''s number or desk.';
comment on column appeal.told_order is 'Order of the earlier appeal whose progress was told.';

create table inquiry (
    id          uuid        primary key,
    appeal_id   uuid        not null references appeal (id),
    number      smallint    not null,
    asked_at    timestamptz not null,
    question    bytea       not null,
    answered_at timestamptz,
    answer      bytea,
    constraint inquiry_number_once unique (appeal_id, number),
    constraint inquiry_number_limited check (number between 1 and 5),
    constraint inquiry_answer_whole check ((answered_at is null) = (answer is null)),
    constraint inquiry_time_forward check (answered_at >= asked_at)
);
create unique index inquiry_one_open on inquiry (appeal_id) where answered_at is null;
comment on table inquiry is 'Questions to appellants, with the supplement that answers each. An appeal has at most 5, one of them open.';
comment on column inquiry.id is 'UUIDv7.';
comment on column inquiry.appeal_id is 'The appeal.';
comment on column inquiry.number is 'From 1, in the order of asking.';
comment on column inquiry.asked_at is 'When it was asked.';
comment on column inquiry.question is 'Sealed: the question.';
comment on column inquiry.answered_at is 'When it was answered; null while it is open, and for ever when the appeal became invalid.';
comment on column inquiry.answer is 'Sealed: the supplement, part of the content for readers.';
