alter table fact_appeal
    add column person_key bytea,
    add constraint fact_appeal_person_key check (octet_length(person_key) = 16);
create index fact_appeal_person_by_day on fact_appeal (received_day, person_key) where person_key is not null;
create index fact_appeal_of_person on fact_appeal (person_key, received_day, id) where person_key is not null;
comment on table fact_appeal is 'One row per appeal (诉求), from intake. Codes, and a key that tells persons apart; nothing else of a person.';
comment on column fact_appeal.person_key is 'The same for appeals of one person in one year: a keyed hash by intake. Null for an anonymous person and one who left neither a usable number nor a document.';
comment on index fact_appeal_person_by_day is 'Distinct persons of a window.';
comment on index fact_appeal_of_person is 'Whether an appeal is the first of its person.';
