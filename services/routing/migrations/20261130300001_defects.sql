alter table orders
    add column defects smallint[] not null default '{}',
    add column no_channel boolean not null default false,
    add constraint orders_no_channel_of_known check (not (no_channel and anonymous)) not valid;
comment on column orders.defects is 'Numbers of hotline.common.v1.Defect, sorted: what is missing or wrong in the appeal.';
comment on column orders.no_channel is 'The appellant is not anonymous and left no usable telephone number: due for callback, and nobody can be called.';
