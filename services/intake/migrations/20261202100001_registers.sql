-- Registers that are published as whole sets, each in force from a day: the deputies, and the library.
create table register_head (
    register text   primary key,
    version  bigint not null,
    constraint register_head_known check (register in ('deputies', 'library')),
    constraint register_head_counted check (version >= 0)
);
insert into register_head (register, version) values ('deputies', 0), ('library', 0);
comment on table register_head is 'One row per register: its lock makes the versions of the register dense.';
comment on column register_head.register is 'deputies or library.';
comment on column register_head.version is 'Newest version; 0 before the first.';

create table register_version (
    register     text        not null references register_head (register),
    version      bigint      not null,
    valid_from   date        not null,
    published_at timestamptz not null,
    constraint register_version_once primary key (register, version),
    constraint register_version_counted check (version >= 1)
);
create index register_version_by_day on register_version (register, valid_from, version);
comment on table register_version is 'Versions of a register, each the whole set. On a day the one with the latest valid_from is in force, of equal ones the newest.';
comment on column register_version.version is 'Dense, from 1.';
comment on column register_version.valid_from is 'First day (Asia/Shanghai).';
comment on column register_version.published_at is 'When it was published.';

create table deputy (
    id           uuid     primary key,
    register     text     not null default 'deputies',
    version      bigint   not null,
    code         text     not null,
    name         bytea    not null,
    level        smallint not null,
    area         text     not null,
    term_from    date     not null,
    term_to      date     not null,
    phone_hashes bytea[]  not null,
    content_hash bytea    not null,
    constraint deputy_of_deputies check (register = 'deputies'),
    constraint deputy_version_known foreign key (register, version) references register_version (register, version),
    constraint deputy_once unique (version, code),
    constraint deputy_level_known check (level between 1 and 5),
    constraint deputy_term_forward check (term_to >= term_from)
);
create index deputy_by_phones on deputy using gin (phone_hashes);
comment on table deputy is '人大代表: the register of deputies. Never changed.';
comment on column deputy.id is 'UUIDv7.';
comment on column deputy.register is 'Always deputies: half of the reference to the version.';
comment on column deputy.version is 'Version that it belongs to.';
comment on column deputy.code is 'Code of the deputy.';
comment on column deputy.name is 'Sealed: name.';
comment on column deputy.level is 'Number of hotline.common.v1.DeputyLevel.';
comment on column deputy.area is 'Code of the region that the deputy is of.';
comment on column deputy.term_from is 'First day of the term.';
comment on column deputy.term_to is 'Last day of the term.';
comment on column deputy.phone_hashes is 'Keyed hashes of the usable telephone numbers, as in appeal.phone_hashes. The numbers are not kept.';
comment on column deputy.content_hash is 'Keyed hash of name and numbers: a difference shows that one of them changed, and not the content.';

create table policy (
    register   text   not null default 'library',
    version    bigint not null,
    code       text   not null,
    title      text   not null,
    targets    text[] not null,
    scope      text   not null,
    valid_from date   not null,
    valid_to   date,
    review_day date,
    amount     text,
    conditions text,
    constraint policy_once primary key (version, code),
    constraint policy_of_library check (register = 'library'),
    constraint policy_version_known foreign key (register, version) references register_version (register, version),
    constraint policy_time_forward check (valid_to >= valid_from)
);
comment on table policy is '惠企政策: the policy library. Never changed.';
comment on column policy.register is 'Always library: half of the reference to the version.';
comment on column policy.version is 'Version that it belongs to.';
comment on column policy.code is 'Code of the policy.';
comment on column policy.title is 'Title, one line.';
comment on column policy.targets is 'Whom it is for.';
comment on column policy.scope is 'What it covers.';
comment on column policy.valid_from is 'First day on which it holds.';
comment on column policy.valid_to is 'Last day on which it holds; null where it has no end.';
comment on column policy.review_day is 'Day by which somebody has to review the entry.';
comment on column policy.amount is 'Amount or rate, in words.';
comment on column policy.conditions is 'Conditions.';

create table specialist (
    id           uuid       primary key,
    register     text       not null default 'library',
    version      bigint     not null,
    code         text       not null,
    name         bytea      not null,
    topics       text[]     not null,
    unit         text       not null,
    shifts       smallint[] not null,
    backup       text,
    content_hash bytea      not null,
    constraint specialist_once unique (version, code),
    constraint specialist_of_library check (register = 'library'),
    constraint specialist_version_known foreign key (register, version) references register_version (register, version),
    constraint specialist_topics_named check (cardinality(topics) > 0),
    constraint specialist_shifts_whole check (cardinality(shifts) % 3 = 0)
);
comment on table specialist is '政策专员: people who explain policies. Never changed.';
comment on column specialist.id is 'UUIDv7.';
comment on column specialist.register is 'Always library: half of the reference to the version.';
comment on column specialist.version is 'Version that it belongs to.';
comment on column specialist.code is 'Code of the specialist.';
comment on column specialist.name is 'Sealed: name.';
comment on column specialist.topics is 'Topics.';
comment on column specialist.unit is 'Code of the unit, from routing''s units.';
comment on column specialist.shifts is 'Three numbers per shift: weekday (1 Monday to 7 Sunday), first minute of the day, minute after the last (Asia/Shanghai).';
comment on column specialist.backup is 'Code of the specialist who stands in.';
comment on column specialist.content_hash is 'Keyed hash of the name: a difference shows that it changed, and not the name.';
