-- Not validated: the tables are not held up. All contacts so far were made by phone.
alter table contact
    alter column phone drop not null,
    add column mode smallint not null default 1,
    add column made_at timestamptz,
    add constraint contact_mode_known check (mode between 1 and 4) not valid,
    add constraint contact_call_has_phone check (mode <> 1 or phone is not null) not valid,
    add constraint contact_made_before check (made_at <= at) not valid;
alter table contact alter column mode drop default;
comment on column contact.phone is 'Sealed: number that was called; null where there was none.';
comment on column contact.mode is 'ContactMode of hotline.routing.v1.';
comment on column contact.made_at is 'When it was made, as the unit says; null where it was recorded as it was made. No limit and no figure goes by it.';

alter table transition add column source_at timestamptz;
comment on column transition.source_at is 'Time of the source: when the appeal that was opened was brought, when the contact that was recorded was made. Null where there is none.';

alter table orders add column source_at timestamptz;
comment on column orders.source_at is 'When the person brought the appeal, as the source says; null where the source says nothing. Limits run from dispatch.';
