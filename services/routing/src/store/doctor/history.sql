-- I2: at most $1 findings of five checks of every order.
-- - Its versions have no gaps.
-- - Each step starts in the state where the step before ended, and not earlier in time.
-- - Each step is a legal one.
-- - The last step ends in the order's row.
-- - The row repeats the region and accused units of its appeals, because lists filter by them.
with legal (event, before, after) as (
    values ('order_opened', null, 'pending_dispatch'),
           ('order_dispatched', 'pending_dispatch', 'pending_sign'),
           ('order_signed', 'pending_sign', 'in_progress'),
           ('contact_recorded', 'in_progress', 'in_progress'),
           ('progress_noted', 'in_progress', 'in_progress'),
           ('reply_submitted', 'in_progress', 'pending_review'),
           ('reply_passed', 'pending_review', 'pending_callback'),
           ('reply_rejected', 'pending_review', 'in_progress'),
           ('order_reworked', 'pending_callback', 'in_progress'),
           ('order_closed', 'pending_callback', 'closed')
), step as (
    select order_id, version, event, before, after, round, unit, at,
           row_number() over line as place,
           lag(after) over line as after_before,
           lag(round, 1, 0) over line as round_before,
           lag(at) over line as at_before,
           lead(version) over line is null as last
      from transition
    window line as (partition by order_id order by version)
), finding (order_id, version, what) as (
    select order_id, version, 'versions are not dense' from step where version <> place
    union all
    select order_id, version, 'does not start where the step before ended'
      from step
     where before is distinct from after_before
    union all
    select order_id, version, 'happened before the step before it' from step where at < at_before
    union all
    select order_id, version, 'is no step that may happen'
      from step
     where not exists (
               select from legal
                where legal.event = step.event
                  and legal.before is not distinct from step.before
                  and legal.after = step.after
           )
        or round <> round_before + case event when 'order_reworked' then 1 else 0 end
    union all
    select orders.id, orders.version, 'the row is not what its history ends in'
      from orders
      left join step on step.order_id = orders.id and step.last
     where (step.version, step.after, step.round, step.unit, step.at)
           is distinct from
           (orders.version, orders.state, orders.round, orders.lead_unit, orders.changed_at)
    union all
    select orders.id, orders.version, 'the row is not what its appeals say'
      from orders
     where region is distinct from (
               select opening.region from linked_appeal as opening where opening.order_id = orders.id and opening.place = 0
           )
        or accused_units is distinct from array(
               select accused_unit from linked_appeal
                where order_id = orders.id and accused_unit is not null
                order by place
           )
)
select order_id, version as at, what from finding order by order_id, version, what limit $1
