-- Ratings: 1 to 3 satisfied, 4 and 5 dissatisfied, 6 unrated; other numbers are unknown.
with last_round as (
    select order_id, max(round) as round from fact_callback where rating is not null group by order_id
),
spoken as (
    select order_id,
           bool_or(rating in (4, 5))    as dissatisfied,
           bool_or(rating in (1, 2, 3)) as satisfied
      from fact_callback join last_round using (order_id, round)
     where rating is not null
     group by order_id
)
select (select coalesce(sum(outcomes_satisfied), 0)::bigint from rollup
         where dimension = 'total' and span = 'day'),
       (select count(*) from fact_order join spoken on spoken.order_id = fact_order.id
         where accepted_reply_at is not null and not anonymous and satisfied and not dissatisfied)
