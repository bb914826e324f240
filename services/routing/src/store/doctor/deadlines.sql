-- I4: at most $4 deadlines after ($1, $2, $3), with their rule row and the other inputs of the computation.
select deadline.*,
       limit_row.clock as rule_clock, limit_row.span_unit as rule_unit, limit_row.span_length as rule_length,
       limit_row.warn_unit as rule_warn_unit, limit_row.warn_length as rule_warn_length,
       opening.upstream_due_at,
       case deadline.clock
           when 'rework' then reworked.at
           -- Other limits than those of the sign clock were in force when this clock started: it started at the signature.
           when 'handle' then case
               when limit_row.at_signature or deadline.limits_version <> signing.limits_version then orders.signed_at
               else orders.dispatched_at
           end
           else orders.dispatched_at
       end as started_at,
       case
           when deadline.clock = 'sign' or deadline.round <> orders.round then null
           when deadline.clock = 'rework' or orders.round = 0 then orders.due_at
       end as running_due_at
  from deadline
  join orders on orders.id = deadline.order_id
  left join linked_appeal as opening on opening.order_id = orders.id and opening.place = 0
  left join limit_row on limit_row.version = deadline.limits_version and limit_row.row_id = deadline.limit_row
  left join deadline as signing on signing.order_id = deadline.order_id and signing.clock = 'sign'
  left join transition as reworked
    on reworked.order_id = deadline.order_id
   and reworked.event = 'order_reworked'
   and reworked.round = deadline.round
 where (deadline.order_id, deadline.clock, deadline.round) > ($1, $2, $3)
 order by deadline.order_id, deadline.clock, deadline.round
 limit $4
