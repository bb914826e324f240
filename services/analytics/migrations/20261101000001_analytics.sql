create table fact_call (
    id          uuid        primary key,
    version     bigint      not null,
    offered_at  timestamptz not null,
    offered_day date        not null,
    answered    boolean     not null,
    constraint fact_call_version check (version >= 1)
);
create index fact_call_by_day on fact_call (offered_day, id);
comment on table fact_call is 'One row per call (话务), from intake.';
comment on column fact_call.id is 'UUID of the call.';
comment on column fact_call.version is 'Version of the call; the highest one is the truth.';
comment on column fact_call.offered_at is 'When it was offered to the line.';
comment on column fact_call.offered_day is 'Its day in Asia/Shanghai: the cohort.';
comment on column fact_call.answered is 'An agent answered it.';

create table fact_appeal (
    id           uuid        primary key,
    version      bigint      not null,
    number       text        not null,
    appeal_type  text        not null,
    category     text        not null,
    region       text        not null,
    channel      text        not null,
    received_at  timestamptz not null,
    received_day date        not null,
    tags         text[]      not null,
    platform     text,
    answered     boolean     not null,
    forwarded    boolean     not null,
    constraint fact_appeal_version check (version >= 1),
    constraint fact_appeal_type check
        (appeal_type in ('CONSULT', 'HELP', 'COMPLAINT', 'REPORT', 'SUGGESTION', 'PRAISE', 'OTHER'))
);
create index fact_appeal_by_day on fact_appeal (received_day, id);
comment on table fact_appeal is 'One row per appeal (诉求), from intake. Codes only, nothing of a person.';
comment on column fact_appeal.id is 'UUID of the appeal.';
comment on column fact_appeal.version is 'Version that the codes are of; the highest one is the truth.';
comment on column fact_appeal.number is 'Number that people say on the phone.';
comment on column fact_appeal.appeal_type is 'What is wanted, one of our seven types.';
comment on column fact_appeal.category is 'Code of the category, 2 digits a level.';
comment on column fact_appeal.region is 'GB/T 2260 code.';
comment on column fact_appeal.channel is 'Code of the channel.';
comment on column fact_appeal.received_at is 'When it was received.';
comment on column fact_appeal.received_day is 'Its day in Asia/Shanghai: the cohort.';
comment on column fact_appeal.tags is 'Tags, sorted.';
comment on column fact_appeal.platform is 'Platform that pushed it; null for the city''s own.';
comment on column fact_appeal.answered is '在线办结: answered at once. Once true, true for ever.';
comment on column fact_appeal.forwarded is '转办: forwarded to a unit. Once true, true for ever.';

create table fact_order (
    id                   uuid    primary key,
    -- routing
    version              bigint,
    number               text,
    appeal_id            uuid,
    appeal_type          text,
    category             text,
    region               text,
    channel              text,
    anonymous            boolean,
    state                text,
    round                integer,
    opened_at            timestamptz,
    opened_day           date,
    lead_unit            text,
    lead_top_unit        text,
    dispatched_at        timestamptz,
    dispatched_by_person boolean,
    sign_due_at          timestamptz,
    handle_due_at        timestamptz,
    signed_at            timestamptz,
    contact_count        integer,
    accepted_reply_at    timestamptz,
    rejected_count       integer,
    closed_at            timestamptz,
    closed_dissatisfied  boolean,
    -- supervision
    yellow_cards         uuid[]  not null default '{}',
    red_cards            uuid[]  not null default '{}',
    withdrawn_cards      uuid[]  not null default '{}',
    -- callback
    attempts             integer not null default 0,
    outcome_round        integer,
    outcome_version      bigint,
    outcome_event        uuid,
    outcome_reached      boolean,
    outcome_solved       text,
    outcome_rating       text,
    judged_round         integer,
    judged_version       bigint,
    judged_event         uuid,
    judged_cause         text,
    constraint fact_order_routing_whole check
        (num_nulls(version, number, appeal_id, appeal_type, category, region, channel, anonymous, state, round,
                   opened_at, opened_day, contact_count, rejected_count, closed_dissatisfied) in (0, 15)),
    constraint fact_order_version check (version >= 1),
    constraint fact_order_type check
        (appeal_type in ('CONSULT', 'HELP', 'COMPLAINT', 'REPORT', 'SUGGESTION', 'PRAISE', 'OTHER')),
    constraint fact_order_state check
        (state in ('PENDING_DISPATCH', 'PENDING_SIGN', 'IN_PROGRESS', 'PENDING_REVIEW', 'PENDING_CALLBACK', 'CLOSED')),
    constraint fact_order_lead_whole check
        (num_nulls(lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, sign_due_at, handle_due_at) in (0, 6)),
    constraint fact_order_lead_of_routing check (lead_unit is null or version is not null),
    constraint fact_order_undispatched check (state = 'PENDING_DISPATCH' or version is null or lead_unit is not null),
    constraint fact_order_counts check
        (round >= 0 and contact_count >= 0 and rejected_count >= 0 and attempts >= 0),
    constraint fact_order_closed check ((state = 'CLOSED') = (closed_at is not null)),
    constraint fact_order_outcome_whole check
        (num_nulls(outcome_round, outcome_version, outcome_event, outcome_reached, outcome_solved, outcome_rating)
         in (0, 6)),
    constraint fact_order_solved check
        (outcome_solved in ('UNSPECIFIED', 'SOLVED', 'PARTLY', 'NOT_SOLVED', 'UNTRUE')),
    constraint fact_order_rating check
        (outcome_rating in ('VERY_SATISFIED', 'SATISFIED', 'FAIRLY_SATISFIED', 'DISSATISFIED', 'VERY_DISSATISFIED',
                            'UNRATED')),
    constraint fact_order_judged_whole check
        (num_nulls(judged_round, judged_version, judged_event, judged_cause) in (0, 4)),
    constraint fact_order_cause check (judged_cause in ('UNIT', 'OBJECTIVE'))
);
create index fact_order_by_day on fact_order (opened_day, id) where opened_day is not null;
comment on table fact_order is 'One row per order (工单). Each source has columns of its own, so that any interleaving of the sources ends in the same row.';
comment on column fact_order.id is 'UUID of the order.';
comment on column fact_order.version is 'routing: version that routing''s columns are of, the highest one that was heard; null while only others have spoken of the order.';
comment on column fact_order.number is 'routing: number that people say on the phone.';
comment on column fact_order.appeal_id is 'routing: the appeal behind it.';
comment on column fact_order.appeal_type is 'routing: what is wanted.';
comment on column fact_order.category is 'routing: code of the category.';
comment on column fact_order.region is 'routing: GB/T 2260 code.';
comment on column fact_order.channel is 'routing: code of the channel.';
comment on column fact_order.anonymous is 'routing: 匿名, nobody can be contacted or called back.';
comment on column fact_order.state is 'routing: where it stands.';
comment on column fact_order.round is 'routing: rework rounds so far.';
comment on column fact_order.opened_at is 'routing: when it was opened.';
comment on column fact_order.opened_day is 'routing: that day in Asia/Shanghai: the cohort.';
comment on column fact_order.lead_unit is 'routing: code of the lead unit; null before dispatch.';
comment on column fact_order.lead_top_unit is 'routing: code of the top-level unit above it.';
comment on column fact_order.dispatched_at is 'routing: when it was dispatched.';
comment on column fact_order.dispatched_by_person is 'routing: a person dispatched, not the catalogue.';
comment on column fact_order.sign_due_at is 'routing: 签收时限.';
comment on column fact_order.handle_due_at is 'routing: 办理时限 of round 0.';
comment on column fact_order.signed_at is 'routing: when it was signed.';
comment on column fact_order.contact_count is 'routing: contact records.';
comment on column fact_order.accepted_reply_at is 'routing: when the accepted reply of round 0 was submitted; null until one was accepted.';
comment on column fact_order.rejected_count is 'routing: rejected replies, all rounds.';
comment on column fact_order.closed_at is 'routing: when it was closed.';
comment on column fact_order.closed_dissatisfied is 'routing: closed although the appellant was dissatisfied.';
comment on column fact_order.yellow_cards is 'supervision: ids of all yellow cards ever issued, sorted; at most one per clock.';
comment on column fact_order.red_cards is 'supervision: ids of all red cards ever issued, sorted; at most one per clock.';
comment on column fact_order.withdrawn_cards is 'supervision: ids of the cards that were taken back, sorted.';
comment on column fact_order.attempts is 'callback: most attempts of one round.';
comment on column fact_order.outcome_round is 'callback: round of the last recorded outcome.';
comment on column fact_order.outcome_version is 'callback: version of its task; decides between two outcomes of a round.';
comment on column fact_order.outcome_event is 'callback: the event that told it.';
comment on column fact_order.outcome_reached is 'callback: the person was reached.';
comment on column fact_order.outcome_solved is 'callback: is the matter solved; UNSPECIFIED when unreached.';
comment on column fact_order.outcome_rating is 'callback: the grade, or UNRATED.';
comment on column fact_order.judged_round is 'callback: round of the last judgement.';
comment on column fact_order.judged_version is 'callback: version of its task.';
comment on column fact_order.judged_event is 'callback: the event that told it.';
comment on column fact_order.judged_cause is 'callback: whose fault the dissatisfaction was.';

create table rollup (
    day       date   not null,
    due_day   date   not null,
    dimension text   not null,
    member    text   not null,
    measure   text   not null,
    value     bigint not null,
    constraint rollup_key primary key (day, due_day, dimension, member, measure),
    constraint rollup_dimension check (dimension in ('total', 'type', 'topic', 'channel', 'tag', 'unit')),
    constraint rollup_total_has_no_member check ((dimension = 'total') = (member = ''))
);
comment on table rollup is 'Sums of the facts'' contributions (I8). Changed only by differences, in the transaction that changes the facts, in the order of the key.';
comment on column rollup.day is 'Day of the cohort in Asia/Shanghai: offered, received, opened.';
comment on column rollup.due_day is 'Counts for every as_of on a later day: the day of the limit for orders that become due by time alone, 0001-01-01 for everything else.';
comment on column rollup.dimension is 'Split by what.';
comment on column rollup.member is 'Which one; empty for the total. Types are our seven, topics are categories of any level: both are grouped for print.';
comment on column rollup.measure is 'Of what.';
comment on column rollup.value is 'The sum. Not below 0 once all is applied; not checked, for a planted fault must be found by verification.';

create table contribution_version (
    id      boolean primary key default true,
    version integer not null,
    constraint contribution_version_one_row check (id)
);
comment on table contribution_version is 'One row: which version of the contribution functions the roll-ups are sums of. Another one in the program recounts them when it starts.';
comment on column contribution_version.id is 'Always true.';
comment on column contribution_version.version is 'The version.';

create table published_name (
    kind       text   not null,
    code       text   not null,
    valid_from date   not null,
    version    bigint not null,
    name       text   not null,
    constraint published_name_key primary key (kind, code, valid_from),
    constraint published_name_kind check (kind in ('channel', 'category', 'region', 'unit')),
    constraint published_name_version check (version >= 1)
);
comment on table published_name is 'How people call a code, from a day on; from intake (channels, categories, regions) and routing (units). For print only.';
comment on column published_name.kind is 'Code of what.';
comment on column published_name.code is 'The code.';
comment on column published_name.valid_from is 'First day in Asia/Shanghai.';
comment on column published_name.version is 'Version of the publication; of two for one day the higher one is the truth.';
comment on column published_name.name is 'The name in Chinese.';
