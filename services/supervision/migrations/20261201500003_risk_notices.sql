create sequence risk_notice_serial;

create table risk_notice (
    id           uuid        primary key,
    number       text        not null,
    version      bigint      not null,
    level        smallint    not null,
    category     text        not null,
    region       text        not null,
    summary      bytea       not null,
    measures     bytea       not null,
    first_at     timestamptz not null,
    last_at      timestamptz not null,
    order_count  integer     not null,
    appeal_count integer     not null,
    person_count integer     not null,
    issued_at    timestamptz not null,
    issued_by    text        not null,
    due_at       timestamptz not null,
    verified_at  timestamptz,
    verified_by  text,
    constraint risk_notice_number_once unique (number),
    constraint risk_notice_version_positive check (version >= 1),
    constraint risk_notice_level_positive check (level > 0),
    constraint risk_notice_counts check (order_count > 0 and appeal_count >= 0 and person_count between 0 and appeal_count),
    constraint risk_notice_time_forward check (last_at >= first_at and due_at > issued_at and verified_at >= issued_at),
    constraint risk_notice_verified_whole check ((verified_at is null) = (verified_by is null))
);
create index risk_notice_by_time on risk_notice (issued_at, id);
comment on table risk_notice is 'Risk notices (风险提示). The state is derived: verified, or all addressees fed back, or issued.';
comment on column risk_notice.id is 'Identity, and key of its events.';
comment on column risk_notice.number is 'Number that people say on the phone.';
comment on column risk_notice.version is '1 when it is issued, one more with every feedback and with the verification; the version of its newest event.';
comment on column risk_notice.level is 'Number of hotline.events.v1.RiskLevel.';
comment on column risk_notice.category is 'Code of the category.';
comment on column risk_notice.region is 'Code of the region.';
comment on column risk_notice.summary is 'Sealed: the risk.';
comment on column risk_notice.measures is 'Sealed: what is asked of the addressees.';
comment on column risk_notice.first_at is 'When the first matter came up.';
comment on column risk_notice.last_at is 'When the newest matter came up.';
comment on column risk_notice.order_count is 'Number of its orders.';
comment on column risk_notice.appeal_count is 'Distinct appeals of its orders when it was issued.';
comment on column risk_notice.person_count is 'Distinct person keys of these appeals; appeals without a key are not counted.';
comment on column risk_notice.issued_at is 'When it was issued.';
comment on column risk_notice.issued_by is 'Subject of the person who issued it.';
comment on column risk_notice.due_at is 'Until when addressees have to feed back. Feedback at this time is in time.';
comment on column risk_notice.verified_at is 'When the feedback was verified.';
comment on column risk_notice.verified_by is 'Subject of the person who verified it.';

create table risk_order (
    notice_id uuid not null references risk_notice (id),
    order_id  uuid not null references watched_order (id),
    constraint risk_order_once primary key (notice_id, order_id)
);
comment on table risk_order is 'Orders that show the risk of a notice.';
comment on column risk_order.notice_id is 'Notice.';
comment on column risk_order.order_id is 'Order.';

create table risk_addressee (
    id          uuid        primary key,
    notice_id   uuid        not null references risk_notice (id),
    unit        text        not null,
    feedback    bytea,
    fed_back_at timestamptz,
    fed_back_by text,
    constraint risk_addressee_once unique (notice_id, unit),
    constraint risk_addressee_named check (unit <> ''),
    constraint risk_addressee_fed_back_whole check (
        (feedback is null) = (fed_back_at is null) and (feedback is null) = (fed_back_by is null))
);
comment on table risk_addressee is 'Units that a notice is addressed to, and their feedback.';
comment on column risk_addressee.id is 'Derived from notice and unit; its sealed text is bound to it.';
comment on column risk_addressee.notice_id is 'Notice.';
comment on column risk_addressee.unit is 'Code of the unit.';
comment on column risk_addressee.feedback is 'Sealed: what the unit did.';
comment on column risk_addressee.fed_back_at is 'When it fed back; null before.';
comment on column risk_addressee.fed_back_by is 'Subject of the person who stored the feedback.';
