create table heard (
    source      text        not null,
    epoch       uuid        not null,
    partition   smallint    not null,
    position    bigint      not null check (position > 0),
    event_id    uuid        not null,
    key         uuid        not null,
    type        text        not null check (type <> ''),
    version     bigint      not null check (version >= 0),
    actor       text        not null,
    payload     bytea       not null,
    occurred_at timestamptz not null,
    traceparent text        not null,
    heard_at    timestamptz not null,
    primary key (source, epoch, partition, position)
);
comment on table heard is 'Events of others as they were read, kept events.heard_hours: what a source that was restored from a backup has lost is told back to it from here. Nothing personal.';
comment on column heard.epoch is 'Incarnation of the source''s log that the position belongs to.';
comment on column heard.heard_at is 'Business time at which it took effect here; it is forgotten events.heard_hours later.';
create index heard_by_time on heard (heard_at);

create table log_ancestor (
    epoch     uuid     not null,
    partition smallint not null,
    position  bigint   not null check (position >= 0),
    primary key (epoch, partition)
);
comment on table log_ancestor is 'Earlier incarnations of this log: a reader that knows one of them and is not past the position goes on reading this log.';
comment on column log_ancestor.position is 'Up to here this log has what the ancestor had, at the same positions.';

create table realignment (
    old_epoch  uuid        primary key,
    new_epoch  uuid        not null,
    started_at timestamptz not null,
    done_at    timestamptz
);
comment on table realignment is 'Once per restore from a backup, by `hotline events realign`. While one is not done the service does not start.';
comment on column realignment.old_epoch is 'Incarnation that the backup was taken of.';
comment on column realignment.new_epoch is 'Incarnation from then on.';
comment on column realignment.done_at is 'When everything that readers knew was in the log again; null until then.';
create unique index realignment_one_at_a_time on realignment ((done_at is null)) where done_at is null;

create table realignment_fork (
    old_epoch uuid     not null references realignment,
    partition smallint not null,
    position  bigint   not null check (position >= 0),
    primary key (old_epoch, partition)
);
comment on table realignment_fork is 'Heads of the log as the backup had them.';

create table realigned (
    event_id  uuid     primary key references log (event_id),
    partition smallint not null,
    position  bigint   not null check (position > 0),
    key       uuid     not null,
    type      text     not null,
    outcome   text     not null check (outcome in ('re-created', 'without text', 'person')),
    note      text     not null,
    old_epoch uuid     not null references realignment
);
comment on table realigned is 'One row per event that a restored log had lost and got back from its readers, with what became of it in the service''s own tables.';
comment on column realigned.outcome is 're-created; without text: a person has to supply what events do not carry; person: it could not be re-created, a person has to do what note says.';
comment on column realigned.note is 'What, by number or code, and what to do; nothing personal.';
create index realigned_by_place on realigned (old_epoch, partition, position);
