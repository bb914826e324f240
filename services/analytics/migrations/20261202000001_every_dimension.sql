-- Figures of every dimension. Facts gain the codes that appeals have had since: seat, deputy level, leader day, complex,
-- urgency; orders gain those of their appeal.
alter table fact_appeal
    add column urgency      integer not null default 0,
    add column seat         integer not null default 0,
    add column deputy_level integer not null default 0,
    add column leader_day   uuid,
    add column complex      boolean not null default false,
    add column person_before date,
    add constraint fact_appeal_person_before check
        (person_before is null or (person_before <= received_day and person_key is not null and not invalid)),
    add constraint fact_appeal_codes_given check (urgency >= 0 and seat >= 0 and deputy_level >= 0);
create index fact_appeal_of_seat on fact_appeal (seat, received_day, id) where seat <> 0;
-- Distinct persons are counted by roll-ups now.
drop index fact_appeal_person_by_day_valid;
comment on column fact_appeal.urgency is 'Number of Urgency, perhaps one from the future; 0 where the source gave none.';
comment on column fact_appeal.seat is 'Number of Seat, perhaps one from the future; 0 for an ordinary seat.';
comment on column fact_appeal.deputy_level is 'Level of the deputy who brought it: number of DeputyLevel, perhaps one from the future; 0 without one.';
comment on column fact_appeal.leader_day is 'UUID of the leader day on which it came; null without one.';
comment on column fact_appeal.complex is '复杂: a complex matter.';
comment on column fact_appeal.person_before is 'Day of the same person''s previous valid appeal, by day and id; null for the first one. A window counts a person by the appeal whose previous one was before the window.';
comment on index fact_appeal_of_seat is 'Figures of one seat, which is a small part of the appeals.';

alter table fact_order
    add column urgency      integer,
    add column seat         integer,
    add column deputy_level integer,
    add column leader_day   uuid,
    add column complex      boolean,
    add column tags         text[];
update fact_order set urgency = 0, seat = 0, deputy_level = 0, complex = false, tags = '{}' where version is not null;
alter table fact_order
    add constraint fact_order_codes_of_routing check
        (num_nulls(version, urgency, seat, deputy_level, complex, tags) in (0, 6)),
    add constraint fact_order_codes_given check (urgency >= 0 and seat >= 0 and deputy_level >= 0);
create index fact_order_of_seat on fact_order (seat, opened_day, id) where seat <> 0;
-- A deputy's order has no limit of handling before its signature.
alter table fact_order
    drop constraint fact_order_lead_whole,
    add constraint fact_order_lead_whole check
        (num_nulls(lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, sign_due_at) in (0, 5)),
    add constraint fact_order_due_with_lead check (handle_due_at is null or lead_unit is not null);
comment on column fact_order.handle_due_at is 'routing: 办理时限 of round 0; null before the signature of an order whose limit starts there.';
comment on column fact_order.urgency is 'routing: as of its appeal: number of Urgency, 0 where the source gave none.';
comment on column fact_order.seat is 'routing: as of its appeal: number of Seat, 0 for an ordinary seat.';
comment on column fact_order.deputy_level is 'routing: as of its appeal: number of DeputyLevel, 0 without a deputy.';
comment on column fact_order.leader_day is 'routing: as of its appeal: UUID of the leader day, null without one.';
comment on column fact_order.complex is 'routing: as of its appeal: 复杂.';
comment on column fact_order.tags is 'routing: as of its appeal: tags, sorted.';
comment on index fact_order_of_seat is 'Figures of one seat, which is a small part of the orders.';

create table fact_leader_day (
    id        uuid    primary key,
    version   bigint  not null,
    day       date    not null,
    cancelled boolean not null,
    constraint fact_leader_day_version check (version >= 1)
);
create index fact_leader_day_by_day on fact_leader_day (day, id);
comment on table fact_leader_day is 'One row per leader day (领导接听日), from intake.';
comment on column fact_leader_day.id is 'UUID of the leader day.';
comment on column fact_leader_day.version is 'Version of the leader day; the highest one is kept.';
comment on column fact_leader_day.day is 'The day in Asia/Shanghai: the cohort.';
comment on column fact_leader_day.cancelled is 'It was cancelled, and counts nowhere.';

create table fact_account_message (
    id       uuid        primary key,
    version  bigint      not null,
    account  text        not null,
    sent_at  timestamptz not null,
    sent_day date        not null,
    outcome  integer     not null,
    constraint fact_account_message_version check (version >= 1),
    constraint fact_account_message_outcome check (outcome >= 0)
);
create index fact_account_message_by_day on fact_account_message (sent_day, id);
comment on table fact_account_message is 'One row per message to an account beside the line, from intake. No texts; no appeal.';
comment on column fact_account_message.id is 'UUID of the message.';
comment on column fact_account_message.version is 'Version of the message; the highest one is kept.';
comment on column fact_account_message.account is 'Code of the account.';
comment on column fact_account_message.sent_at is 'When it was sent: as the account states it, else when it was received.';
comment on column fact_account_message.sent_day is 'Its day in Asia/Shanghai: the cohort.';
comment on column fact_account_message.outcome is 'How it ended: number of AccountOutcome, perhaps one from the future; 0 before its end.';

create table library_version (
    version    bigint primary key,
    valid_from date   not null,
    constraint library_version_given check (version >= 1)
);
create index library_version_by_day on library_version (valid_from, version);
comment on table library_version is 'One row per published version of the policy library, from intake. Versions never change. On a day the one with the last valid_from is in force, of two with the same day the higher one.';
comment on column library_version.version is 'Version number.';
comment on column library_version.valid_from is 'First day in Asia/Shanghai on which it is in force.';

create table library_policy (
    version    bigint not null references library_version,
    policy     text   not null,
    valid_from date   not null,
    valid_to   date,
    constraint library_policy_key primary key (version, policy)
);
comment on table library_policy is 'One row per policy of a version. A stock: it is counted on the last day of a window, and is in no roll-up.';
comment on column library_policy.version is 'Version of the library.';
comment on column library_policy.policy is 'Code of the policy.';
comment on column library_policy.valid_from is 'First day on which it holds.';
comment on column library_policy.valid_to is 'Last day on which it holds; null where it has no end.';

create table library_specialist (
    version    bigint not null references library_version,
    specialist text   not null,
    constraint library_specialist_key primary key (version, specialist)
);
comment on table library_specialist is 'One row per policy specialist (政策专员) of a version. A stock, as the policies.';
comment on column library_specialist.version is 'Version of the library.';
comment on column library_specialist.specialist is 'Code of the specialist.';

create table published_unit (
    code       text   not null,
    valid_from date   not null,
    version    bigint not null,
    parent     text   not null,
    constraint published_unit_key primary key (code, valid_from),
    constraint published_unit_version check (version >= 1)
);
comment on table published_unit is 'The tree of units from a day on, from routing. Figures of a unit include those of the units below it.';
comment on column published_unit.code is 'Code of the unit.';
comment on column published_unit.valid_from is 'First day in Asia/Shanghai.';
comment on column published_unit.version is 'Version of the publication; of two for one day the higher one is the truth.';
comment on column published_unit.parent is 'Code of the unit above; empty for a top-level unit.';
comment on table published_name is 'How people call a code, from a day on; from intake (channels with the accounts, categories, regions) and routing (units). For print only.';

-- One row holds all measures of a member, so that a changed fact writes a row per member, however many measures change.
-- The months keep a long window cheap. The old rows are recounted from the facts when the program starts.
drop table rollup;
create table rollup (
    dimension text   not null,
    span      text   not null,
    day       date   not null,
    due_day   date   not null,
    member    text   not null,
    calls_offered                bigint,
    calls_answered               bigint,
    appeals_received             bigint,
    appeals_answered             bigint,
    appeals_forwarded            bigint,
    appeals_not_accepted         bigint,
    appeals_transferred          bigint,
    appeals_progress_told        bigint,
    appeals_invalid              bigint,
    orders_opened                bigint,
    orders_open                  bigint,
    orders_dispatched            bigint,
    orders_dispatched_by_person  bigint,
    orders_signed_late           bigint,
    orders_due                   bigint,
    orders_on_time               bigint,
    orders_late                  bigint,
    orders_handled               bigint,
    orders_reworked              bigint,
    replies_rejected             bigint,
    contact_needed               bigint,
    contact_made                 bigint,
    callback_due                 bigint,
    callback_attempted           bigint,
    callback_reached             bigint,
    callback_solved              bigint,
    outcomes                     bigint,
    outcomes_satisfied           bigint,
    outcomes_dissatisfied        bigint,
    outcomes_unrated             bigint,
    outcomes_no_channel          bigint,
    cause_unit                   bigint,
    cause_objective              bigint,
    cards_yellow                 bigint,
    cards_red                    bigint,
    cards_withdrawn              bigint,
    notices_issued               bigint,
    ledger_test_calls            bigint,
    ledger_trainings             bigint,
    ledger_exams                 bigint,
    ledger_typical_cases         bigint,
    ledger_media_items           bigint,
    ledger_meetings              bigint,
    leader_days                  bigint,
    account_messages             bigint,
    constraint rollup_key primary key (dimension, span, day, due_day, member),
    constraint rollup_dimension check
        (dimension in ('total', 'type', 'topic', 'channel', 'tag', 'unit', 'lead_unit', 'seat', 'region', 'urgency',
                       'deputy_level', 'leader_day', 'complex', 'account', 'account_outcome', 'person_before')),
    constraint rollup_span check (span in ('day', 'month')),
    constraint rollup_month_by_first_day check (span = 'day' or extract(day from day) = 1),
    constraint rollup_total_has_no_member check ((dimension = 'total') = (member = ''))
) with (fillfactor = 60);
-- A figure that does not depend on time skips the rows by due day, which are many in a month.
create index rollup_always on rollup (dimension, span, day, member) where due_day = '0001-01-01';
comment on table rollup is 'Sums of the facts'' contributions (I8). Changed only by differences, in the transaction that changes the facts, in the order of the key. Null is 0. Sums may fall below 0 only by a fault, which is not checked here: verification has to find it.';
comment on column rollup.dimension is 'Split by what.';
comment on column rollup.span is 'How many days a row covers: a day, or a month.';
comment on column rollup.day is 'Day of the cohort in Asia/Shanghai (offered, brought, opened, issued, sent, worked), or first day of its month.';
comment on column rollup.due_day is 'Counts for every as_of on a later day: the day of the limit for orders that become due by time alone, 0001-01-01 for everything else.';
comment on column rollup.member is 'Which one; empty for the total. Types, seats, urgencies, levels and outcomes are numbers of the contracts, previous days are dates, topics are categories of any level, lead units are exact: all are grouped for print.';
comment on index rollup_always is 'Sums that do not depend on time.';
comment on column rollup.calls_offered is 'Calls offered to the line.';
comment on column rollup.calls_answered is 'Calls that an agent answered.';
comment on column rollup.appeals_received is 'Appeals received, without the invalid ones.';
comment on column rollup.appeals_answered is 'Appeals with a direct answer.';
comment on column rollup.appeals_forwarded is 'Appeals forwarded.';
comment on column rollup.appeals_not_accepted is 'Appeals not accepted.';
comment on column rollup.appeals_transferred is 'Appeals transferred to an emergency service or another hotline.';
comment on column rollup.appeals_progress_told is 'Repeats that ended because the progress of an open order was told.';
comment on column rollup.appeals_invalid is 'Invalid appeals. They are in no other measure.';
comment on column rollup.orders_opened is 'Orders opened.';
comment on column rollup.orders_open is 'Orders that are not closed.';
comment on column rollup.orders_dispatched is 'Orders that have a lead unit.';
comment on column rollup.orders_dispatched_by_person is 'Orders whose lead a person chose.';
comment on column rollup.orders_signed_late is 'Orders signed after the limit.';
comment on column rollup.orders_due is 'Orders due: the day of the limit is over.';
comment on column rollup.orders_on_time is 'Of orders_due, orders whose accepted reply of round 0 was submitted by the limit.';
comment on column rollup.orders_late is 'Orders due and not on time.';
comment on column rollup.orders_handled is 'Orders with an accepted reply of round 0.';
comment on column rollup.orders_reworked is 'Orders with at least one rework round.';
comment on column rollup.replies_rejected is 'Rejected replies; an order may have several.';
comment on column rollup.contact_needed is 'Dispatched orders with an appellant to contact.';
comment on column rollup.contact_made is 'Of contact_needed, orders with a contact record.';
comment on column rollup.callback_due is 'Orders due for callback.';
comment on column rollup.callback_attempted is 'Of callback_due, orders with at least one completed attempt.';
comment on column rollup.callback_reached is 'Of callback_due, orders whose last recorded outcome is reached.';
comment on column rollup.callback_solved is 'Of callback_reached, orders whose appellant said that the matter is solved.';
comment on column rollup.outcomes is 'Orders with a recorded outcome.';
comment on column rollup.outcomes_satisfied is 'Of outcomes, orders with one of the three grades of satisfaction.';
comment on column rollup.outcomes_dissatisfied is 'Of outcomes, orders with one of the two grades of dissatisfaction.';
comment on column rollup.outcomes_unrated is 'Of outcomes, orders without a grade.';
comment on column rollup.outcomes_no_channel is 'Of outcomes_unrated, orders without a usable telephone number, so no call was made.';
comment on column rollup.cause_unit is 'Orders whose last judged dissatisfaction was the unit''s fault.';
comment on column rollup.cause_objective is 'Orders whose last judged dissatisfaction had an objective cause.';
comment on column rollup.cards_yellow is 'Standing yellow cards.';
comment on column rollup.cards_red is 'Standing red cards.';
comment on column rollup.cards_withdrawn is 'Withdrawn cards.';
comment on column rollup.notices_issued is 'Risk notices issued.';
comment on column rollup.ledger_test_calls is 'Ledger: test calls.';
comment on column rollup.ledger_trainings is 'Ledger: trainings.';
comment on column rollup.ledger_exams is 'Ledger: exams.';
comment on column rollup.ledger_typical_cases is 'Ledger: typical cases.';
comment on column rollup.ledger_media_items is 'Ledger: media items.';
comment on column rollup.ledger_meetings is 'Ledger: meetings.';
comment on column rollup.leader_days is 'Leader days that were announced and not cancelled.';
comment on column rollup.account_messages is 'Messages to accounts.';
