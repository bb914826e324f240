-- Not validated: no row of before accuses anybody, and the table is not held up.
alter table orders
    add column accused_unit text,
    add constraint orders_accused_never_leads check (lead_unit <> accused_unit) not valid;
comment on column orders.accused_unit is 'Unit that a report accuses: neither it nor a unit below it is given the order.';
