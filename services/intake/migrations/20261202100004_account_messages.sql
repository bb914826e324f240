alter table reference_code
    add column account boolean not null default false,
    add constraint reference_code_account_of_channels check (
        not account or (kind = 'channel' and platform is null)) not valid;
comment on column reference_code.account is 'Channels only: an account beside the line, whose messages are no appeals.';

create table account_message (
    id          uuid        primary key,
    version     bigint      not null,
    account     text        not null,
    reference   bigint      not null,
    received_at timestamptz not null,
    sent_at     timestamptz,
    sender      bytea,
    text        bytea       not null,
    outcome     smallint,
    resolved_at timestamptz,
    answer      bytea,
    constraint account_message_version_of_state check (version = case when outcome is null then 1 else 2 end),
    constraint account_message_sent_before check (sent_at <= received_at),
    constraint account_message_resolved_whole check ((outcome is null) = (resolved_at is null)),
    constraint account_message_resolved_after check (resolved_at >= received_at),
    constraint account_message_outcome_known check (outcome between 1 and 3),
    constraint account_message_answer_of_resolved check (answer is null or outcome is not null),
    -- 2 is ANSWERED.
    constraint account_message_answered check (answer is not null or outcome is distinct from 2)
);
create index account_message_by_time on account_message (received_at, id);
create index account_message_open on account_message (received_at, id) where outcome is null;
comment on table account_message is 'Messages to accounts beside the line. They are no appeals.';
comment on column account_message.id is 'UUIDv7.';
comment on column account_message.version is '1 when recorded, 2 when resolved.';
comment on column account_message.account is 'Code of a channel in the reference version.';
comment on column account_message.reference is 'Version of the reference data that the account was checked against.';
comment on column account_message.received_at is 'When it was recorded.';
comment on column account_message.sent_at is 'When it was sent, as the account says: the day on which figures count it. Null where the account says nothing: then received_at.';
comment on column account_message.sender is 'Sealed: who wrote it.';
comment on column account_message.text is 'Sealed: the message.';
comment on column account_message.outcome is 'Number of hotline.intake.v1.AccountOutcome; null while it is open.';
comment on column account_message.resolved_at is 'When it ended.';
comment on column account_message.answer is 'Sealed: the answer.';

-- A reading is of an appeal or of a message.
alter table personal_read
    alter column appeal drop not null,
    add column message uuid,
    add constraint personal_read_message_known foreign key (message) references account_message (id) not valid,
    add constraint personal_read_of_one check ((appeal is null) <> (message is null)) not valid;
comment on column personal_read.appeal is 'Whose fields; null when a message was read.';
comment on column personal_read.message is 'Message of an account that was read.';
