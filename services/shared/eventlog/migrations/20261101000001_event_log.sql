create table log_meta (
    one         boolean primary key default true check (one),
    epoch       uuid     not null,
    partitions  smallint not null check (partitions between 1 and 256),
    request_key bytea    not null check (octet_length(request_key) = 32)
);
comment on table log_meta is 'One row: what this log is.';
comment on column log_meta.epoch is 'Drawn when the database is first migrated and after a restore; readers that know another one stop.';
comment on column log_meta.partitions is 'Fixed when the database is first migrated: an aggregate''s events stay in one partition.';
comment on column log_meta.request_key is 'Key of the hashes in request.content_hash.';

create table log_head (
    partition smallint primary key,
    position  bigint   not null check (position >= 0)
);
comment on table log_head is 'Last position of each partition. Locked in order as a transaction''s last statements: so positions are gapless and in commit order.';

create table log (
    partition   smallint    not null references log_head,
    position    bigint      not null check (position > 0),
    event_id    uuid        not null constraint log_event_id_unique unique,
    key         uuid        not null,
    type        text        not null check (type <> ''),
    version     bigint      not null check (version >= 0),
    actor       text        not null,
    payload     bytea       not null,
    occurred_at timestamptz not null,
    traceparent text        not null,
    primary key (partition, position)
);
comment on table log is 'Every change of this service, written in the transaction that made it. Insert-only. Nothing personal.';
comment on column log.position is 'Dense within the partition, in commit order.';
comment on column log.key is 'Id of the aggregate that changed; decides the partition.';
comment on column log.type is 'Name of the payload''s arm.';
comment on column log.version is 'Version of the aggregate after the change.';
comment on column log.actor is 'Subject of who did it.';
comment on column log.payload is 'Encoded hotline.events.v1.Event.';
comment on column log.occurred_at is 'Business time.';
comment on column log.traceparent is 'W3C traceparent of the change; empty when it was not traced.';
create index log_key on log (key, partition, position);

create table cursor (
    source      text        not null,
    partition   smallint    not null,
    epoch       uuid        not null,
    position    bigint      not null check (position >= 0),
    known_until timestamptz not null,
    primary key (source, partition)
);
comment on table cursor is 'How far each source was read; moved in the transaction of the effects.';
comment on column cursor.epoch is 'Incarnation of the source''s log that the position belongs to.';
comment on column cursor.known_until is 'Business time up to which everything that the source had committed has taken effect here.';

create table parked (
    source      text        not null,
    partition   smallint    not null,
    position    bigint      not null,
    event_id    uuid        not null,
    key         uuid        not null,
    type        text        not null,
    version     bigint      not null,
    actor       text        not null,
    payload     bytea       not null,
    occurred_at timestamptz not null,
    traceparent text        not null,
    state       text        not null check (state in ('parked', 'behind', 'skipped')),
    reason      text        not null,
    parked_at   timestamptz not null,
    primary key (source, partition, position)
);
comment on table parked is 'Events that could not be applied, and the later ones of their keys. An operator retries or skips them.';
comment on column parked.state is 'parked: failed itself; behind: waits for an earlier one of its key; skipped: given up with a reason.';
create index parked_key on parked (source, key) where state <> 'skipped';
create index parked_event on parked (event_id);

create table waiting (
    source      text        not null,
    partition   smallint    not null,
    position    bigint      not null,
    event_id    uuid        not null,
    key         uuid        not null,
    type        text        not null,
    version     bigint      not null,
    actor       text        not null,
    payload     bytea       not null,
    occurred_at timestamptz not null,
    traceparent text        not null,
    waiting_for uuid        not null,
    primary key (source, partition, position)
);
comment on table waiting is 'Decisions that came before the thing they speak of; applied with it.';
create index waiting_waiting_for on waiting (waiting_for);

create table superseded (
    source   text not null,
    event_id uuid not null,
    reason   text not null,
    primary key (source, event_id)
);
comment on table superseded is 'Decisions that came too late to change anything, with why.';

create table request (
    caller       text        not null,
    rpc          text        not null,
    request_id   uuid        not null,
    content_hash bytea       not null,
    answer       bytea,
    made_at      timestamptz not null,
    primary key (caller, rpc, request_id)
);
comment on table request is 'Requests that took effect: the same again gets the first answer, another content is refused.';
comment on column request.content_hash is 'HMAC-SHA256 of the encoded request under log_meta.request_key.';
comment on column request.answer is 'Encoded answer: ids, numbers, times; nothing personal. Null only inside the first transaction.';
