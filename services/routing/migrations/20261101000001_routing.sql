-- Routing: orders with their deadlines, contacts, replies and history; units, catalogue and limits by version.
-- The CHECKs repeat what the domain says (pair assertion). Numbers of shared enums are those of hotline.common.v1.

create table directory_head (
    part text primary key check (part in ('units', 'catalogue', 'limits')),
    version bigint not null check (version >= 0)
);
comment on table directory_head is 'Newest version of each published part; its lock makes the versions dense.';
comment on column directory_head.part is 'What is published.';
comment on column directory_head.version is 'Newest version; 0 before the first.';
insert into directory_head (part, version) values ('units', 0), ('catalogue', 0), ('limits', 0);

create table directory_version (
    part text not null references directory_head (part),
    version bigint not null check (version >= 1),
    valid_from date not null,
    published_at timestamptz not null,
    published_by text not null,
    primary key (part, version)
);
comment on table directory_version is 'One row per publication. In force on a day is the newest version whose first day is not after it.';
comment on column directory_version.part is 'What was published.';
comment on column directory_version.version is 'Dense, from 1.';
comment on column directory_version.valid_from is 'First day, Asia/Shanghai.';
comment on column directory_version.published_at is 'Business time of the publication.';
comment on column directory_version.published_by is 'Subject of who published.';

create table unit (
    version bigint not null,
    code text not null check (char_length(code) between 1 and 64),
    name text not null check (char_length(name) between 1 and 100),
    parent text,
    primary key (version, code),
    foreign key (version, parent) references unit (version, code),
    check (parent <> code)
);
comment on table unit is 'Units by version of the part "units".';
comment on column unit.version is 'Version of the units.';
comment on column unit.code is 'Code, unique in its version.';
comment on column unit.name is 'Name in Chinese.';
comment on column unit.parent is 'Code of the unit above; null for a top-level unit.';

create table catalogue_row (
    version bigint not null,
    row_id text not null check (char_length(row_id) between 1 and 64),
    category text not null check (char_length(category) <= 32),
    region text not null check (char_length(region) <= 32),
    unit text not null,
    primary key (version, row_id),
    unique (version, category, region)
);
comment on table catalogue_row is 'Dispatch catalogue by version of the part "catalogue": longest category prefix, then longest region prefix.';
comment on column catalogue_row.version is 'Version of the catalogue.';
comment on column catalogue_row.row_id is 'Id of the row, unique in its version.';
comment on column catalogue_row.category is 'Category code or prefix; empty matches all.';
comment on column catalogue_row.region is 'Region code or prefix; empty matches all.';
comment on column catalogue_row.unit is 'Code of the lead unit.';

create table limit_row (
    version bigint not null,
    row_id text not null check (char_length(row_id) between 1 and 64),
    clock text not null check (clock in ('sign', 'handle', 'rework')),
    type smallint check (type between 1 and 7),
    urgency smallint check (urgency between 1 and 3),
    channel text,
    span_unit text not null check (span_unit in ('working_days', 'natural_days', 'minutes')),
    span_length integer not null check (span_length >= 1),
    primary key (version, row_id)
);
comment on table limit_row is 'Time limits by version of the part "limits": the matching row with the most keys decides.';
comment on column limit_row.version is 'Version of the limits.';
comment on column limit_row.row_id is 'Id of the row, unique in its version.';
comment on column limit_row.clock is 'Which limit.';
comment on column limit_row.type is 'Only this AppealType; null matches all.';
comment on column limit_row.urgency is 'Only this Urgency; null matches all.';
comment on column limit_row.channel is 'Only this channel; null matches all.';
comment on column limit_row.span_unit is 'What the length counts.';
comment on column limit_row.span_length is 'How long.';

-- Serial of the order number. Not transactional: a rolled-back order leaves a gap, and nobody waits for anybody.
create sequence order_serial;

create table orders (
    id uuid primary key,
    number text not null constraint orders_number_key unique,
    version bigint not null check (version >= 1),
    appeal_id uuid not null,
    appeal_number text not null,
    type smallint not null check (type between 1 and 7),
    category text not null,
    region text not null,
    channel text not null,
    urgency smallint not null check (urgency between 1 and 3),
    received_at timestamptz not null,
    tags text[] not null,
    anonymous boolean not null,
    confidential boolean not null,
    platform text,
    upstream_due_at timestamptz,
    opened_at timestamptz not null,
    changed_at timestamptz not null,
    state text not null check (
        state in ('pending_dispatch', 'pending_sign', 'in_progress', 'pending_review', 'pending_callback', 'closed')
    ),
    lead_unit text,
    lead_top_unit text,
    dispatched_at timestamptz,
    dispatched_by_person boolean,
    due_at timestamptz,
    signed_at timestamptz,
    round integer not null check (round between 0 and 9),
    contacted_at timestamptz,
    contact_count integer not null check (contact_count >= 0),
    reply_id uuid,
    reply_at timestamptz,
    reply_result smallint check (reply_result between 1 and 5),
    accepted_at timestamptz,
    rejected_count integer not null check (rejected_count >= 0),
    closed_at timestamptz,
    closed_dissatisfied boolean,
    constraint orders_time_runs_forward check (changed_at >= opened_at),
    constraint orders_lead_whole check (
        num_nonnulls(lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, due_at)
        = case when state = 'pending_dispatch' then 0 else 5 end
    ),
    constraint orders_signed check ((signed_at is not null) = (state not in ('pending_dispatch', 'pending_sign'))),
    constraint orders_reply_whole check (num_nonnulls(reply_id, reply_at, reply_result) in (0, 3)),
    constraint orders_reply_there check (
        reply_id is not null or state in ('pending_dispatch', 'pending_sign', 'in_progress')
    ),
    constraint orders_worked check (
        signed_at is not null
        or (round = 0 and contact_count = 0 and rejected_count = 0 and contacted_at is null and reply_id is null)
    ),
    constraint orders_contacted check (contacted_at is null or contact_count > 0),
    constraint orders_accepted check (
        (accepted_at is not null) = (round > 0 or state in ('pending_callback', 'closed'))
    ),
    constraint orders_closed check (
        num_nonnulls(closed_at, closed_dissatisfied) = case when state = 'closed' then 2 else 0 end
    )
);
create index orders_by_opening on orders (opened_at, id);
create index orders_by_unit on orders (lead_unit, opened_at, id);
create index orders_open_by_state on orders (state, opened_at, id) where state <> 'closed';
create index orders_open_by_due on orders (due_at) where state <> 'closed';
comment on table orders is 'Orders, one row each, nothing personal. State and its facts as in domain/order.rs.';
comment on column orders.id is 'Derived from the event that opened it.';
comment on column orders.number is 'Number that people say on the phone, letter W.';
comment on column orders.version is 'One more with every change; equals the newest transition.';
comment on column orders.appeal_id is 'Appeal behind it, owned by intake.';
comment on column orders.appeal_number is 'Its number.';
comment on column orders.type is 'AppealType.';
comment on column orders.category is 'Code of the category.';
comment on column orders.region is 'Code of the region.';
comment on column orders.channel is 'Code of the channel.';
comment on column orders.urgency is 'Urgency.';
comment on column orders.received_at is 'When the appeal was received.';
comment on column orders.tags is 'Tags of the appeal, sorted.';
comment on column orders.anonymous is 'There is nobody to call back.';
comment on column orders.confidential is 'The unit must not learn who it was.';
comment on column orders.platform is 'Platform that pushed the appeal; null for the city''s own.';
comment on column orders.upstream_due_at is 'Deadline of the platform, if it set one.';
comment on column orders.opened_at is 'When the appeal was forwarded.';
comment on column orders.changed_at is 'Time of the newest transition; never runs backwards.';
comment on column orders.state is 'Where the current assignment stands.';
comment on column orders.lead_unit is 'Code of the lead unit.';
comment on column orders.lead_top_unit is 'Code of the top-level unit above it at dispatch.';
comment on column orders.dispatched_at is 'When it was dispatched; sign and handle clocks start here.';
comment on column orders.dispatched_by_person is 'By a person, else by the catalogue.';
comment on column orders.due_at is 'Limit of the running round: handling in round 0, rework later.';
comment on column orders.signed_at is 'When the unit signed.';
comment on column orders.round is '0 at first, one more with every rework.';
comment on column orders.contacted_at is 'First contact that reached the appellant.';
comment on column orders.contact_count is 'Contact records of any result.';
comment on column orders.reply_id is 'Newest reply.';
comment on column orders.reply_at is 'When it was submitted.';
comment on column orders.reply_result is 'ReplyResult.';
comment on column orders.accepted_at is 'When the reply was submitted that review passed in round 0.';
comment on column orders.rejected_count is 'Rejected replies, all rounds.';
comment on column orders.closed_at is 'When it was closed.';
comment on column orders.closed_dissatisfied is 'Closed although the appellant was dissatisfied.';

create table deadline (
    order_id uuid not null references orders (id),
    clock text not null check (clock in ('sign', 'handle', 'rework')),
    round integer not null check ((round > 0) = (clock = 'rework')),
    start_at timestamptz not null,
    due_at timestamptz not null,
    warn_at timestamptz,
    limits_version bigint not null,
    limit_row text not null,
    span_unit text not null check (span_unit in ('working_days', 'natural_days', 'minutes')),
    span_length integer not null check (span_length >= 1),
    upstream boolean not null,
    calendar_version text not null,
    provisional boolean not null,
    primary key (order_id, clock, round),
    foreign key (limits_version, limit_row) references limit_row (version, row_id),
    constraint deadline_after_start check (upstream or due_at >= start_at),
    constraint deadline_upstream check (not upstream or clock = 'handle'),
    constraint deadline_warning check (warn_at is null or (clock <> 'sign' and warn_at < due_at))
);
comment on table deadline is 'Every limit that an order had, with what it was computed from. Rows are only added.';
comment on column deadline.order_id is 'The order.';
comment on column deadline.clock is 'Which limit.';
comment on column deadline.round is 'Rework round; 0 for signing and handling.';
comment on column deadline.start_at is 'When the clock started.';
comment on column deadline.due_at is 'Done at this instant is in time.';
comment on column deadline.warn_at is 'When the unit is warned; null where there is no yellow card.';
comment on column deadline.limits_version is 'Version of the limits.';
comment on column deadline.limit_row is 'Row of the limits for this matter.';
comment on column deadline.span_unit is 'What the row''s length counts.';
comment on column deadline.span_length is 'How long the row gives.';
comment on column deadline.upstream is 'The platform''s own earlier deadline won over the row.';
comment on column deadline.calendar_version is 'Version of the working-day calendar.';
comment on column deadline.provisional is 'Falls into a year without a holiday notice.';

create table transition (
    order_id uuid not null references orders (id),
    version bigint not null check (version >= 1),
    event_id uuid not null constraint transition_event_key unique,
    event text not null,
    actor text not null,
    at timestamptz not null,
    unit text,
    before text,
    after text not null,
    round integer not null,
    reason text not null,
    primary key (order_id, version),
    constraint transition_first check ((before is null) = (version = 1))
);
create index transition_of_rework on transition (order_id, round) where event in ('order_reworked', 'order_closed');
comment on table transition is 'History of every order, written in the transaction of the change. Rows are only added.';
comment on column transition.order_id is 'The order.';
comment on column transition.version is 'Version after it, dense from 1.';
comment on column transition.event_id is 'Event of the log that told it.';
comment on column transition.event is 'Name of the event.';
comment on column transition.actor is 'Subject of who did it.';
comment on column transition.at is 'When.';
comment on column transition.unit is 'Lead unit after it.';
comment on column transition.before is 'State before; null for the first.';
comment on column transition.after is 'State after.';
comment on column transition.round is 'Round after it.';
comment on column transition.reason is 'Why, as codes; empty when there is none.';

create table contact (
    id uuid primary key,
    order_id uuid not null references orders (id),
    round integer not null,
    at timestamptz not null,
    actor text not null,
    result smallint not null check (result between 1 and 3),
    phone bytea not null,
    note bytea,
    recording bytea
);
create index contact_by_order on contact (order_id);
comment on table contact is 'Contacts of units with appellants.';
comment on column contact.id is 'UUIDv7.';
comment on column contact.order_id is 'The order.';
comment on column contact.round is 'Round in which it was made.';
comment on column contact.at is 'When it was recorded.';
comment on column contact.actor is 'Subject of the liaison.';
comment on column contact.result is 'ContactResult of hotline.routing.v1.';
comment on column contact.phone is 'Sealed: number that was called.';
comment on column contact.note is 'Sealed: what was said.';
comment on column contact.recording is 'Sealed: reference of the recording.';

create table reply (
    id uuid primary key,
    order_id uuid not null references orders (id),
    round integer not null,
    at timestamptz not null,
    actor text not null,
    result smallint not null check (result between 1 and 5),
    commitment_day date,
    no_contact smallint check (no_contact between 1 and 3),
    late boolean not null,
    text bytea not null,
    evidence bytea,
    constraint reply_commitment_dated check ((commitment_day is not null) = (result = 5))
);
create index reply_by_order on reply (order_id);
comment on table reply is 'Replies of units.';
comment on column reply.id is 'UUIDv7.';
comment on column reply.order_id is 'The order.';
comment on column reply.round is 'Round that it answers.';
comment on column reply.at is 'When it was submitted.';
comment on column reply.actor is 'Subject of the liaison.';
comment on column reply.result is 'ReplyResult.';
comment on column reply.commitment_day is 'Until when, for a commitment.';
comment on column reply.no_contact is 'NoContactGround of hotline.routing.v1, if one was given.';
comment on column reply.late is 'Submitted after the limit of its round.';
comment on column reply.text is 'Sealed: the reply.';
comment on column reply.evidence is 'Sealed: references of evidence, joined by U+001F, which texts cannot contain.';

create table judgement (
    event_id uuid primary key,
    task_id uuid not null,
    order_id uuid not null references orders (id),
    round integer not null,
    cause text not null check (cause in ('unit', 'objective')),
    at timestamptz not null
);
create index judgement_of_units on judgement (order_id, round) where cause = 'unit';
comment on table judgement is 'Judged dissatisfactions that took effect here: I6 asks each unit-caused one for its rework round.';
comment on column judgement.event_id is 'Event of callback that told it.';
comment on column judgement.task_id is 'Callback task.';
comment on column judgement.order_id is 'The order.';
comment on column judgement.round is 'Round that was judged.';
comment on column judgement.cause is 'Whose fault.';
comment on column judgement.at is 'When it was judged.';
