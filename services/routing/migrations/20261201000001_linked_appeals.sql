-- An order answers appeals, the first of which opened it. Each has a row of its own.
create table linked_appeal (
    order_id uuid not null references orders (id),
    place integer not null check (place >= 0),
    linked_at timestamptz not null,
    appeal_id uuid not null,
    appeal_number text not null,
    kind smallint not null check (kind > 0),
    category text not null,
    region text not null,
    channel text not null,
    urgency smallint not null check (urgency > 0),
    received_at timestamptz not null,
    source_at timestamptz,
    tags text[] not null,
    anonymous boolean not null,
    confidential boolean not null,
    accused_unit text,
    defects integer[] not null,
    no_channel boolean not null,
    platform text,
    upstream_number text,
    upstream_due_at timestamptz,
    person_key bytea,
    primary key (order_id, place),
    constraint linked_appeal_once unique (order_id, appeal_id),
    constraint linked_appeal_no_channel_of_known check (not (no_channel and anonymous))
);
comment on table linked_appeal is 'Appeals that orders answer, as intake told them. Nothing personal. Rows are only added.';
comment on column linked_appeal.order_id is 'The order.';
comment on column linked_appeal.place is '0 for the appeal that opened the order, then in the order of linking.';
comment on column linked_appeal.linked_at is 'When it was linked; of the first one, when the order was opened.';
comment on column linked_appeal.appeal_id is 'The appeal, owned by intake. An appeal that opened an order may be linked to another one later.';
comment on column linked_appeal.appeal_number is 'Its number.';
comment on column linked_appeal.kind is 'AppealType.';
comment on column linked_appeal.category is 'Code of the category.';
comment on column linked_appeal.region is 'Code of the region.';
comment on column linked_appeal.channel is 'Code of the channel.';
comment on column linked_appeal.urgency is 'Urgency.';
comment on column linked_appeal.received_at is 'When the appeal was received.';
comment on column linked_appeal.source_at is 'When the person brought it, as the source says; null where the source says nothing.';
comment on column linked_appeal.tags is 'Tags, sorted.';
comment on column linked_appeal.anonymous is 'There is nobody to call back.';
comment on column linked_appeal.confidential is 'The unit must not learn who it was.';
comment on column linked_appeal.accused_unit is 'Unit that a report accuses.';
comment on column linked_appeal.defects is 'Numbers of Defect, unknown ones too: what is missing or wrong in it.';
comment on column linked_appeal.no_channel is 'Due for callback, and nobody can be called.';
comment on column linked_appeal.platform is 'Platform that pushed it; null for the city''s own.';
comment on column linked_appeal.upstream_number is 'The platform''s number of it.';
comment on column linked_appeal.upstream_due_at is 'Deadline of the platform, if it set one.';
comment on column linked_appeal.person_key is 'The same for appeals of one person in one year; null where intake has none.';

insert into linked_appeal (
    order_id, place, linked_at, appeal_id, appeal_number, kind, category, region, channel, urgency, received_at, source_at,
    tags, anonymous, confidential, accused_unit, defects, no_channel, platform, upstream_number, upstream_due_at
)
select id, 0, opened_at, appeal_id, appeal_number, type, category, region, channel, urgency, received_at, source_at,
       tags, anonymous, confidential, accused_unit, defects, no_channel, platform, upstream_number, upstream_due_at
  from orders;

-- orders keeps what its lists are filtered by, and gets the facts of its newest reply.
alter table orders
    add column accused_units text[] not null default '{}',
    add column commitment_day date,
    add column no_contact smallint check (no_contact > 0),
    add constraint orders_reply_facts check (reply_id is not null or num_nonnulls(commitment_day, no_contact) = 0);
update orders
   set accused_units = array_remove(array[accused_unit], null)
 where accused_unit is not null;
update orders
   set commitment_day = reply.commitment_day,
       no_contact = reply.no_contact
  from reply
 where reply.id = orders.reply_id;
alter table orders
    alter column accused_units drop default,
    add constraint orders_accused_never_lead check (lead_unit <> all (accused_units)) not valid,
    drop column appeal_id,
    drop column appeal_number,
    drop column type,
    drop column category,
    drop column channel,
    drop column urgency,
    drop column received_at,
    drop column source_at,
    drop column tags,
    drop column anonymous,
    drop column confidential,
    drop column accused_unit,
    drop column defects,
    drop column no_channel,
    drop column platform,
    drop column upstream_number,
    drop column upstream_due_at;
comment on column orders.region is 'Region of the appeal that opened it: which units'' dispatchers find it by.';
comment on column orders.accused_units is 'Units that reports among its appeals accuse: neither they nor units below them are given the order.';
comment on column orders.commitment_day is 'Until when the newest reply commits the unit.';
comment on column orders.no_contact is 'NoContactGround of the newest reply, if one was given.';
