create table leader_day (
    id            uuid        primary key,
    version       bigint      not null,
    day           date        not null,
    notice        text        not null,
    announced_at  timestamptz not null,
    cancelled_at  timestamptz,
    cancel_reason text,
    constraint leader_day_version_of_state check (version = case when cancelled_at is null then 1 else 2 end),
    constraint leader_day_cancelled_whole check ((cancelled_at is null) = (cancel_reason is null)),
    constraint leader_day_time_forward check (cancelled_at >= announced_at)
);
create unique index leader_day_one_a_date on leader_day (day) where cancelled_at is null;
create index leader_day_by_day on leader_day (day, id);
comment on table leader_day is '领导接听日: days on which leaders take calls. A date has at most one that is not cancelled.';
comment on column leader_day.id is 'UUIDv7.';
comment on column leader_day.version is '1 when announced, 2 when cancelled.';
comment on column leader_day.day is 'The day (Asia/Shanghai).';
comment on column leader_day.notice is 'Public notice.';
comment on column leader_day.announced_at is 'When it was announced.';
comment on column leader_day.cancelled_at is 'When it was cancelled. An appeal names no cancelled day.';
comment on column leader_day.cancel_reason is 'Why it was cancelled.';

create table leader_turn (
    leader_day_id uuid        not null references leader_day (id),
    number        smallint    not null,
    name          text        not null,
    post          text        not null,
    unit          text,
    from_at       timestamptz not null,
    to_at         timestamptz not null,
    constraint leader_turn_once primary key (leader_day_id, number),
    constraint leader_turn_limited check (number between 1 and 50),
    constraint leader_turn_time_forward check (to_at > from_at)
);
comment on table leader_turn is 'The roster of a leader day, from its public notice. Never changed.';
comment on column leader_turn.leader_day_id is 'The day.';
comment on column leader_turn.number is 'From 1, in the order of the request.';
comment on column leader_turn.name is 'Name, as the public notice gives it; not sealed for that reason.';
comment on column leader_turn.post is 'Post.';
comment on column leader_turn.unit is 'Code of the leader''s unit, from routing''s units.';
comment on column leader_turn.from_at is 'Beginning of the turn.';
comment on column leader_turn.to_at is 'End of the turn.';
