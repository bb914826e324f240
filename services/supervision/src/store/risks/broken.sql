-- At most $1 faults of risk notices, each with the notice.
with counted as (
    select n.id, n.version, n.order_count, n.issued_at, n.verified_at,
           (select count(*) from risk_order o where o.notice_id = n.id) as orders,
           (select count(*) from risk_addressee a where a.notice_id = n.id) as addressees,
           (select count(a.fed_back_at) from risk_addressee a where a.notice_id = n.id) as fed_back,
           (select min(a.fed_back_at) from risk_addressee a where a.notice_id = n.id) as first_feedback,
           (select max(a.fed_back_at) from risk_addressee a where a.notice_id = n.id) as last_feedback
      from risk_notice n
)
select c.id, fault.what
  from counted c cross join lateral (values
           (c.addressees = 0, 'has no addressee'),
           (c.verified_at is not null and c.fed_back < c.addressees, 'is verified without all feedback'),
           (c.version <> 1 + c.fed_back + (c.verified_at is not null)::int, 'has a version that its changes do not lead to'),
           (c.order_count <> c.orders, 'has another number of orders than it counts'),
           (c.first_feedback < c.issued_at or c.verified_at < c.last_feedback, 'has times that run backwards')
       ) as fault (holds, what)
 where fault.holds
 order by c.id, fault.what limit $1
