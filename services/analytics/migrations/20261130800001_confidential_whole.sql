alter table fact_order
    add constraint fact_order_confidential_of_routing check ((confidential is null) = (version is null));
comment on column fact_order.confidential is 'routing: 保密, the unit does not learn who it is and cannot contact the appellant.';
