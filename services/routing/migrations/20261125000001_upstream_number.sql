alter table orders add column upstream_number text;
comment on column orders.upstream_number is 'The platform''s number of the appeal; null for the city''s own, and for orders opened before it was told.';
