-- Appeals from before stay without one. Not validated: the table is not held up.
alter table appeal
    add column person_key bytea,
    add constraint appeal_person_key_length check (octet_length(person_key) = 16) not valid,
    add constraint appeal_person_key_of_known check (person_key is null or not anonymous) not valid;
comment on column appeal.person_key is 'Keyed hash of the first usable telephone number, else of the document, by a key of the year of registration (Asia/Shanghai): the same for one person. Null for anonymous appellants, those who left neither, and appeals from before.';
