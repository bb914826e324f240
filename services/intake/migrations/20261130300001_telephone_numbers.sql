-- A telephone field may name several numbers, or none that can be called.
alter table appeal
    drop constraint appeal_phone_hashed,
    drop constraint appeal_phone_hash_length,
    add column phone_hashes bytea[] not null default '{}',
    add column document_kind bytea,
    add column defects smallint[] not null default '{}';
update appeal set phone_hashes = array[phone_hash] where phone_hash is not null;
alter table appeal
    drop column phone_hash,
    add constraint appeal_phone_hashed check (phone is not null or phone_hashes = '{}'),
    -- 1 and 2 are the defects of a telephone number.
    add constraint appeal_phone_usable_or_marked check (
        phone is null or (phone_hashes = '{}') = (defects && '{1,2}'::smallint[])),
    add constraint appeal_document_kind_of_number check (document_kind is null or id_number is not null);
create index appeal_by_phones on appeal using gin (phone_hashes);
comment on column appeal.phone is 'Sealed: appellant''s telephone numbers in their normal form, or the field as it came.';
comment on column appeal.phone_hashes is 'Keyed hashes of the usable numbers, to find each again; empty when there is none.';
comment on column appeal.id_number is 'Sealed: number of the appellant''s identity document.';
comment on column appeal.document_kind is 'Sealed: name of the document''s kind; null without a document, and of documents from before kinds.';
comment on column appeal.defects is 'Numbers of hotline.common.v1.Defect, sorted: what is missing or wrong in it.';

alter table call
    drop constraint call_phone_hashed,
    drop constraint call_phone_hash_length,
    add column phone_hashes bytea[] not null default '{}';
update call set phone_hashes = array[phone_hash] where phone_hash is not null;
alter table call
    drop column phone_hash,
    add constraint call_phone_hashed check (phone is not null or phone_hashes = '{}');
comment on column call.phone is 'Sealed: caller''s number, in its normal form or as the exchange gave it.';
comment on column call.phone_hashes is 'Keyed hashes of the usable numbers, to find them again; empty when there is none.';
