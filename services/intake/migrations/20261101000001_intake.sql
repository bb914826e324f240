create sequence appeal_serial as bigint;
comment on sequence appeal_serial is 'Serials of appeal numbers; used modulo 1,000,000, unique within a day.';

create table call (
    id         uuid        primary key,
    offered_at timestamptz not null,
    answered   boolean     not null,
    phone      bytea,
    phone_hash bytea,
    constraint call_phone_hashed check ((phone is null) = (phone_hash is null)),
    constraint call_phone_hash_length check (octet_length(phone_hash) = 32)
);
create index call_by_time on call (offered_at, id);
comment on table call is 'Calls (话务) offered to the line: offered = answered + abandoned. Never changed.';
comment on column call.id is 'UUIDv7.';
comment on column call.offered_at is 'When it was offered.';
comment on column call.answered is 'True: an agent answered; false: the caller gave up before.';
comment on column call.phone is 'Sealed: caller''s number.';
comment on column call.phone_hash is 'Keyed hash of the normalised number, to find it again.';

create table appeal (
    id              uuid        primary key,
    number          text        not null,
    version         bigint      not null,
    state           text        not null,
    channel         text        not null,
    type            smallint    not null,
    category        text        not null,
    region          text        not null,
    urgency         smallint    not null,
    tags            text[]      not null,
    anonymous       boolean     not null,
    confidential    boolean     not null,
    reference       bigint      not null,
    call_id         uuid,
    received_at     timestamptz not null,
    changed_at      timestamptz not null,
    name            bytea,
    phone           bytea,
    phone_hash      bytea,
    id_number       bytea,
    address         bytea,
    title           bytea       not null,
    content         bytea       not null,
    place           bytea,
    answered_at     timestamptz,
    answer          bytea,
    forwarded_at    timestamptz,
    order_id        uuid,
    order_version   bigint,
    order_number    text,
    order_state     smallint,
    platform        text,
    upstream_number text,
    upstream_hash   bytea,
    upstream_due_at timestamptz,
    constraint appeal_number_unique unique (number),
    constraint appeal_upstream_unique unique (platform, upstream_number),
    constraint appeal_order_unique unique (order_id),
    constraint appeal_call_known foreign key (call_id) references call (id),
    constraint appeal_version_positive check (version >= 1),
    constraint appeal_type_known check (type between 1 and 7),
    constraint appeal_urgency_known check (urgency between 1 and 3),
    constraint appeal_time_forward check (changed_at >= received_at),
    constraint appeal_state_facts check (
        case state
            when 'received' then answered_at is null and answer is null and forwarded_at is null and order_id is null
            when 'answered' then answered_at is not null and answer is not null and forwarded_at is null and order_id is null
            when 'ordered'  then answered_at is null and answer is null and forwarded_at is not null and order_id is not null
            else false
        end),
    constraint appeal_order_seen check (
        (order_version is null) = (order_number is null)
        and (order_version is null) = (order_state is null)
        and (order_version is null or (order_id is not null and order_version >= 1 and order_state between 1 and 6))),
    constraint appeal_appellant_known check (anonymous or (name is not null and phone is not null)),
    constraint appeal_phone_hashed check ((phone is null) = (phone_hash is null)),
    constraint appeal_phone_hash_length check (octet_length(phone_hash) = 32),
    constraint appeal_upstream_whole check (
        (platform is null) = (upstream_number is null)
        and (platform is null) = (upstream_hash is null)
        and (platform is not null or upstream_due_at is null))
);
create index appeal_by_time on appeal (received_at, id);
create index appeal_by_platform_time on appeal (platform, received_at, id) where platform is not null;
create index appeal_by_phone on appeal (phone_hash) where phone_hash is not null;
comment on table appeal is 'Appeals (诉求): one matter that a person brings. A row with a platform is at the same time the receipt of its push.';
comment on column appeal.id is 'UUIDv7.';
comment on column appeal.number is 'Number that people say on the phone: A, day (Asia/Shanghai), serial, check digit.';
comment on column appeal.version is 'One more with every event of this appeal, from 1.';
comment on column appeal.state is 'received, answered or ordered; the facts of a state are there exactly in it.';
comment on column appeal.channel is 'Code in the reference version.';
comment on column appeal.type is 'Number of hotline.common.v1.AppealType.';
comment on column appeal.category is 'Code in the reference version, 2 digits a level.';
comment on column appeal.region is 'Code in the reference version, 6 or 9 digits.';
comment on column appeal.urgency is 'Number of hotline.common.v1.Urgency.';
comment on column appeal.tags is 'Codes of tags, sorted, without duplicates.';
comment on column appeal.anonymous is '匿名: there is nobody to call back.';
comment on column appeal.confidential is '保密: the unit must not learn who it was.';
comment on column appeal.reference is 'Version of the reference data that its codes were checked against.';
comment on column appeal.call_id is 'Call that brought it, if one did.';
comment on column appeal.received_at is 'When it was registered.';
comment on column appeal.changed_at is 'Time of its newest event; never runs backwards.';
comment on column appeal.name is 'Sealed: appellant''s name.';
comment on column appeal.phone is 'Sealed: appellant''s telephone number, normalised.';
comment on column appeal.phone_hash is 'Keyed hash of the normalised number, to find it again.';
comment on column appeal.id_number is 'Sealed: appellant''s identity number.';
comment on column appeal.address is 'Sealed: appellant''s address.';
comment on column appeal.title is 'Sealed: one line.';
comment on column appeal.content is 'Sealed: the matter.';
comment on column appeal.place is 'Sealed: where it happened.';
comment on column appeal.answered_at is '在线办结: when it was answered at once.';
comment on column appeal.answer is 'Sealed: the answer.';
comment on column appeal.forwarded_at is '转办: when it was handed to routing.';
comment on column appeal.order_id is 'Order that routing opens for it, derived from the event that forwarded it.';
comment on column appeal.order_version is 'Newest version of the order that was heard of.';
comment on column appeal.order_number is 'Number of the order, once routing has opened it.';
comment on column appeal.order_state is 'Number of hotline.common.v1.OrderState at order_version.';
comment on column appeal.platform is 'Platform that pushed it; null for the city''s own.';
comment on column appeal.upstream_number is 'The platform''s number.';
comment on column appeal.upstream_hash is 'Keyed hash of what was pushed: the same again finds its receipt, other content is refused.';
comment on column appeal.upstream_due_at is 'The platform''s deadline, if it set one.';

create table personal_read (
    id       uuid        primary key,
    appeal   uuid        not null references appeal (id),
    reader   text        not null,
    unit     text,
    order_id uuid,
    purpose  text        not null,
    fields   text[]      not null,
    read_at  timestamptz not null,
    constraint personal_read_fields_named check (cardinality(fields) > 0),
    constraint personal_read_vouched check ((unit is null) = (order_id is null))
);
create index personal_read_by_appeal on personal_read (appeal, read_at);
comment on table personal_read is 'Audit (I10): who read personal fields in clear, written before they were shown. Insert only.';
comment on column personal_read.id is 'UUIDv7.';
comment on column personal_read.appeal is 'Whose fields.';
comment on column personal_read.reader is 'Subject of the reader.';
comment on column personal_read.unit is 'Unit for which he read, when routing vouched for him.';
comment on column personal_read.order_id is 'Order that routing vouched for.';
comment on column personal_read.purpose is 'Why, as the reader said; "order text" when routing vouched.';
comment on column personal_read.fields is 'Names of the fields shown.';
comment on column personal_read.read_at is 'When.';

create function personal_read_is_insert_only() returns trigger language plpgsql as $$
begin
    raise exception 'personal_read is insert only';
end $$;
create trigger personal_read_insert_only before update or delete on personal_read
    for each row execute function personal_read_is_insert_only();

create table reference_head (
    id      boolean primary key default true check (id),
    version bigint  not null check (version >= 0)
);
insert into reference_head (version) values (0);
comment on table reference_head is 'One row: its lock makes the versions of reference data dense.';
comment on column reference_head.id is 'Always true: there is one row.';
comment on column reference_head.version is 'Newest version; 0 before the first.';

create table reference_version (
    version      bigint      primary key check (version >= 1),
    valid_from   date        not null,
    published_at timestamptz not null
);
create index reference_version_by_day on reference_version (valid_from, version);
comment on table reference_version is 'Versions of the reference data, each the whole set. On a day the one with the latest valid_from is in force, of equal ones the newest.';
comment on column reference_version.version is 'Dense, from 1.';
comment on column reference_version.valid_from is 'First day (Asia/Shanghai).';
comment on column reference_version.published_at is 'When it was published.';

create table reference_code (
    version bigint not null references reference_version (version),
    kind    text   not null,
    code    text   not null,
    name    text   not null,
    online  boolean,
    primary key (version, kind, code),
    constraint reference_code_kind_known check (kind in ('channel', 'category', 'region')),
    constraint reference_code_online_of_channels check ((kind = 'channel') = (online is not null)),
    constraint reference_code_shape check (
        case kind
            when 'channel'  then code ~ '^[a-z][a-z0-9_]{0,63}$'
            when 'category' then code ~ '^([0-9]{2}){1,5}$'
            when 'region'   then code ~ '^[0-9]{6}([0-9]{3})?$'
            else false
        end)
);
comment on table reference_code is 'Codes and names of the reference data. Never changed.';
comment on column reference_code.version is 'Version that it belongs to.';
comment on column reference_code.kind is 'channel, category or region.';
comment on column reference_code.code is 'The code.';
comment on column reference_code.name is 'Name in Chinese.';
comment on column reference_code.online is 'Channels only: one of the bulletin''s online channels.';
