create table thing (
    id uuid primary key
);
comment on table thing is 'What some events are about.';
comment on column thing.id is 'Id of the thing.';

create table effect (
    nth       bigint generated always as identity,
    event_id  uuid    primary key,
    key       uuid    not null,
    source    text    not null,
    partition integer not null,
    position  bigint  not null
);
comment on table effect is 'One row per event that took effect: a second effect of the same event violates the key.';
comment on column effect.nth is 'Order in which the effects happened.';
comment on column effect.event_id is 'The event.';
comment on column effect.key is 'Its aggregate.';
comment on column effect.source is 'Whose log it came from.';
comment on column effect.partition is 'Partition of that log.';
comment on column effect.position is 'Position in that partition.';

create table by_sequence (
    id     bigserial primary key,
    writer integer not null
);
comment on table by_sequence is 'How an outbox numbered by a sequence would look.';
comment on column by_sequence.id is 'Taken before the commit: that is the fault.';
comment on column by_sequence.writer is 'Who wrote it.';
