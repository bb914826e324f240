-- I6: at most $1 findings of two kinds.
-- - A unit-caused judgement without its rework round. An order closed with the flag after the last round is no finding.
-- - A rework round without a judgement.
select judgement.order_id, judgement.round::bigint as at, 'a unit-caused judgement has no rework round' as what
  from judgement
 where judgement.cause = 'unit'
   and not exists (
           select from transition
            where transition.order_id = judgement.order_id
              and ((transition.event = 'order_reworked' and transition.round = judgement.round + 1)
                   or (transition.event = 'order_closed' and transition.round = judgement.round
                       and transition.reason = 'MAX_ROUNDS'))
       )
union all
select transition.order_id, transition.round::bigint, 'a rework round has no unit-caused judgement'
  from transition
 where transition.event = 'order_reworked'
   and not exists (
           select from judgement
            where judgement.order_id = transition.order_id
              and judgement.round = transition.round - 1
              and judgement.cause = 'unit'
       )
 order by 1, 2
 limit $1
