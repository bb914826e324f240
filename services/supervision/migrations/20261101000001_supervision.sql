create table watched_order (
    id            uuid        primary key,
    number        text        not null,
    "partition"   integer     not null,
    version       bigint      not null,
    state         smallint    not null,
    round         integer     not null,
    assignment    integer     not null,
    lead_unit     text,
    lead_top_unit text,
    reply_id      uuid,
    told          bigint      not null,
    last_at       timestamptz not null,
    constraint watched_order_partition_known check ("partition" between 0 and 255),
    constraint watched_order_version_positive check (version >= 1),
    constraint watched_order_state_known check (state between 1 and 6),
    constraint watched_order_counts check (round >= 0 and assignment >= 0 and told >= 0),
    constraint watched_order_unit_whole check ((lead_unit is null) = (lead_top_unit is null)),
    constraint watched_order_led check (assignment = 0 or lead_unit is not null),
    constraint watched_order_replied check (state <> 4 or reply_id is not null)
);
comment on table watched_order is 'Orders (工单) as routing told them, as far as clocks and reviews need: the newest version seen.';
comment on column watched_order.id is 'Order, as routing names it.';
comment on column watched_order.number is 'Number that people say on the phone.';
comment on column watched_order.partition is 'Partition of routing''s log that tells of it: its clocks fire only when that partition is known past their time.';
comment on column watched_order.version is 'Newest version seen; an older one changes nothing.';
comment on column watched_order.state is 'Number of hotline.common.v1.OrderState.';
comment on column watched_order.round is '0 at first, one more with every rework.';
comment on column watched_order.assignment is 'Dispatches seen; 0 before the first.';
comment on column watched_order.lead_unit is 'Code of the lead unit; null before dispatch.';
comment on column watched_order.lead_top_unit is 'Code of the top-level unit above it; null before dispatch.';
comment on column watched_order.reply_id is 'Newest reply; null before the first.';
comment on column watched_order.told is 'Events that supervision told about this order: the version of the newest one.';
comment on column watched_order.last_at is 'Business time of the newest change; never runs backwards.';

create table watch_clock (
    id         uuid        primary key,
    order_id   uuid        not null references watched_order (id),
    round      integer     not null check (round >= 0),
    assignment integer     not null check (assignment >= 1),
    kind       smallint    not null,
    colour     smallint    not null,
    due_at     timestamptz not null,
    fire_at    timestamptz not null,
    state      text        not null,
    fired_at   timestamptz,
    done_at    timestamptz,
    constraint watch_clock_once unique (order_id, round, assignment, kind, colour),
    constraint watch_clock_kind_known check (kind between 1 and 3),
    constraint watch_clock_colour_known check (colour between 1 and 2),
    constraint watch_clock_kind_of_round check (kind <> 3 or round > 0),
    constraint watch_clock_fire_at check (
        fire_at = case colour when 1 then due_at else due_at + interval '1 microsecond' end),
    constraint watch_clock_state_facts check (
        case state
            when 'open'    then fired_at is null and done_at is null
            when 'stopped' then fired_at is null and done_at is not null and done_at <= due_at
            when 'fired'   then fired_at is not null
            else false
        end)
);
create index watch_clock_open on watch_clock (fire_at, id) where state = 'open';
create index watch_clock_by_due on watch_clock (due_at, id);
comment on table watch_clock is 'Clocks: one per order, round, assignment, limit and colour of the card that it gives. Each fires at most once (I5).';
comment on column watch_clock.id is 'Derived from the event that started it.';
comment on column watch_clock.order_id is 'Order that it watches.';
comment on column watch_clock.round is 'Round that it belongs to.';
comment on column watch_clock.assignment is 'Dispatch that it belongs to, from 1.';
comment on column watch_clock.kind is 'Number of hotline.common.v1.ClockKind.';
comment on column watch_clock.colour is 'Number of hotline.events.v1.CardColour.';
comment on column watch_clock.due_at is 'The instant that it is set for: what is done at it is in time. The limit for red, the warning for yellow; routing computed both.';
comment on column watch_clock.fire_at is 'First instant at which it fires: due_at for yellow, a microsecond later for red.';
comment on column watch_clock.state is 'open, stopped (what it watched was done in time) or fired (a card was given).';
comment on column watch_clock.fired_at is 'When it fired.';
comment on column watch_clock.done_at is 'When what it watched was done.';

create table card (
    id           uuid        primary key,
    clock_id     uuid        not null references watch_clock (id),
    order_id     uuid        not null references watched_order (id),
    unit         text        not null,
    top_unit     text        not null,
    issued_at    timestamptz not null,
    withdrawn_at timestamptz,
    constraint card_once unique (clock_id),
    constraint card_time_forward check (withdrawn_at >= issued_at)
);
create index card_by_time on card (issued_at, id);
create index card_by_order on card (order_id);
comment on table card is 'Yellow and red cards (黄牌, 红牌): at most one per clock.';
comment on column card.id is 'Derived from its clock.';
comment on column card.clock_id is 'Clock that gave it.';
comment on column card.order_id is 'Order that it is about.';
comment on column card.unit is 'Code of the lead unit when it was given.';
comment on column card.top_unit is 'Code of the top-level unit above it.';
comment on column card.issued_at is 'When it was given.';
comment on column card.withdrawn_at is 'When it was taken back, because a fact in time arrived late; null while it stands.';

create table review (
    id           uuid        primary key,
    order_id     uuid        not null references watched_order (id),
    round        integer     not null check (round >= 0),
    reply_id     uuid        not null,
    submitted_at timestamptz not null,
    late         boolean     not null,
    no_contact   boolean     not null,
    verdict      smallint,
    grounds      smallint[]  not null,
    requirement  bytea,
    reviewed_at  timestamptz,
    reviewer     text,
    constraint review_once unique (reply_id),
    constraint review_time_forward check (reviewed_at >= submitted_at),
    constraint review_grounds_known check (grounds <@ array[1,2,3,4,5,6,7,8,9,10,11,12,13]::smallint[]),
    constraint review_judged check (
        case
            when verdict is null then reviewed_at is null and reviewer is null and requirement is null and cardinality(grounds) = 0
            when verdict = 1 then reviewed_at is not null and reviewer is not null and requirement is null and cardinality(grounds) = 0
            when verdict = 2 then reviewed_at is not null and reviewer is not null and requirement is not null and cardinality(grounds) > 0
            else false
        end)
);
create index review_by_time on review (submitted_at, id);
create index review_desk on review (submitted_at, id) where verdict is null;
create index review_by_order on review (order_id);
comment on table review is 'Reviews (审核): one per reply, opened when it is submitted, judged once.';
comment on column review.id is 'Derived from the event that submitted the reply.';
comment on column review.order_id is 'Order.';
comment on column review.round is 'Round of the reply.';
comment on column review.reply_id is 'Reply, as routing names it.';
comment on column review.submitted_at is 'When the reply was submitted.';
comment on column review.late is 'Objective check: submitted after the limit of its round.';
comment on column review.no_contact is 'Objective check: no contact with the appellant is on record.';
comment on column review.verdict is 'Number of hotline.supervision.v1.Verdict; null while open.';
comment on column review.grounds is 'Numbers of hotline.common.v1.RejectionGround, sorted; empty unless rejected.';
comment on column review.requirement is 'Sealed: what is required of the unit; only of a rejection.';
comment on column review.reviewed_at is 'When it was judged.';
comment on column review.reviewer is 'Subject of the reviewer.';
