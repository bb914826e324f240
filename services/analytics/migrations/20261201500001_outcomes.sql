-- The outcomes of an appeal beside answered and forwarded. Rows that exist have none of them.
alter table fact_appeal
    add column not_accepted  boolean not null default false,
    add column transferred   boolean not null default false,
    add column progress_told boolean not null default false,
    add column invalid       boolean not null default false,
    add constraint fact_appeal_one_outcome check
        (answered::integer + forwarded::integer + not_accepted::integer + transferred::integer
         + progress_told::integer + invalid::integer <= 1);
comment on column fact_appeal.answered is '在线办结: the outcome is a direct answer.';
comment on column fact_appeal.forwarded is '转办: the outcome is an order.';
comment on column fact_appeal.not_accepted is '不予受理: the outcome is that it was not accepted.';
comment on column fact_appeal.transferred is '转接: the outcome is a transfer to an emergency service or another hotline.';
comment on column fact_appeal.progress_told is 'The outcome is that the progress of an open order was told: a repeat.';
comment on column fact_appeal.invalid is '无效: no matter; in no figure of appeals but that of the invalid ones.';

-- Invalid appeals bring no person into a figure.
create index fact_appeal_person_by_day_valid on fact_appeal (received_day, person_key)
    where person_key is not null and not invalid;
create index fact_appeal_of_person_valid on fact_appeal (person_key, received_day, id)
    where person_key is not null and not invalid;
drop index fact_appeal_person_by_day;
drop index fact_appeal_of_person;
comment on index fact_appeal_person_by_day_valid is 'Distinct persons of a window.';
comment on index fact_appeal_of_person_valid is 'Whether an appeal is the first of its person.';

create table fact_risk_notice (
    id         uuid        primary key,
    version    bigint      not null,
    number     text        not null,
    level      integer     not null,
    issued_at  timestamptz not null,
    issued_day date        not null,
    constraint fact_risk_notice_version check (version >= 1),
    constraint fact_risk_notice_level_given check (level > 0)
);
create index fact_risk_notice_by_day on fact_risk_notice (issued_day, id);
comment on table fact_risk_notice is 'One row per risk notice (风险提示), from supervision. No texts.';
comment on column fact_risk_notice.id is 'UUID of the notice.';
comment on column fact_risk_notice.version is 'Version of the notice; the highest one is kept.';
comment on column fact_risk_notice.number is 'Number that people say on the phone.';
comment on column fact_risk_notice.level is 'How grave it is: number of RiskLevel, perhaps one from the future.';
comment on column fact_risk_notice.issued_at is 'When it was issued.';
comment on column fact_risk_notice.issued_day is 'Its day in Asia/Shanghai: the cohort.';

create table fact_ledger_entry (
    id      uuid    primary key,
    version bigint  not null,
    kind    integer not null,
    day     date    not null,
    constraint fact_ledger_entry_version check (version >= 1),
    constraint fact_ledger_entry_kind_given check (kind > 0)
);
create index fact_ledger_entry_by_day on fact_ledger_entry (day, id);
comment on table fact_ledger_entry is 'One row per entry in the ledger of the hotline''s own work, from supervision. No texts.';
comment on column fact_ledger_entry.id is 'UUID of the entry.';
comment on column fact_ledger_entry.version is 'Version of the entry; the highest one is kept.';
comment on column fact_ledger_entry.kind is 'Kind: number of LedgerKind, perhaps one from the future. A kind from the future counts nowhere.';
comment on column fact_ledger_entry.day is 'Day of the work in Asia/Shanghai: the cohort.';

comment on column rollup.day is 'Day of the cohort in Asia/Shanghai: offered, brought, opened, issued, worked.';
