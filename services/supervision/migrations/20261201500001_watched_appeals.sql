-- Orders from before list no appeals until their next event.
create table watched_appeal (
    order_id   uuid  not null references watched_order (id),
    appeal_id  uuid  not null,
    person_key bytea,
    constraint watched_appeal_once primary key (order_id, appeal_id),
    constraint watched_appeal_person_filled check (octet_length(person_key) > 0)
);
comment on table watched_appeal is 'Appeals of watched orders. Risk notices count appeals and distinct persons by it.';
comment on column watched_appeal.order_id is 'Order that the appeal is linked to. An appeal may be linked to several orders.';
comment on column watched_appeal.appeal_id is 'Appeal, as intake names it.';
comment on column watched_appeal.person_key is 'Equal for appeals of one person in one calendar year: a keyed hash whose key only intake has. Null when the person is unknown.';
