-- Appeals after a position, with what the log and the table of inquiries have of each.
select a.id, a.received_at, a.state, a.state = 'invalid' and a.ground = 4 as unanswered, a.order_id,
       (a.acknowledged_at is not null)::integer::bigint as acknowledged,
       count(*) filter (where l.type = 'appeal_registered') as registered,
       coalesce(array_agg(l.type order by l.version) filter (where l.type in (
           'appeal_answered', 'appeal_forwarded', 'appeal_declined', 'appeal_transferred', 'appeal_invalidated',
           'progress_told')), '{}') as decisions,
       count(*) filter (where l.type = 'transfer_acknowledged') as acknowledgements,
       count(*) filter (where l.type = 'appellant_asked') as asked,
       count(*) filter (where l.type = 'appeal_supplemented') as supplemented,
       coalesce(array_agg(l.event_id) filter (where l.type = 'appeal_forwarded'), '{}') as forwarded,
       (select count(*) from inquiry as i where i.appeal_id = a.id) as inquiries,
       (select count(i.answer) from inquiry as i where i.appeal_id = a.id) as supplements
  from (select id, received_at, state, coalesce(ground, 0) as ground, order_id, acknowledged_at from appeal
         where (received_at, id) > ($1, $2) order by received_at, id limit $3) as a
  left join log as l on l.key = a.id
 group by a.id, a.received_at, a.state, a.ground, a.order_id, a.acknowledged_at
 order by a.received_at, a.id
