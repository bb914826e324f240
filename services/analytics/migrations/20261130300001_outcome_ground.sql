alter table fact_order
    add column outcome_ground text,
    add constraint fact_order_outcome_ground_of_unrated check (
        outcome_ground is null or (outcome_ground = 'NO_CHANNEL' and outcome_rating is not null
                                   and outcome_rating = 'UNRATED' and not outcome_reached)) not valid;
comment on column fact_order.outcome_ground is 'callback: why it is unrated without a call; null for all others.';
