alter table fact_order add column confidential boolean;
comment on column fact_order.confidential is 'routing: 保密, the unit does not learn who it is and cannot contact him. Null of what was read before it was known: not confidential.';
