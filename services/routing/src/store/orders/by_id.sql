-- $1 id.
select id, number, version, appeal_id, appeal_number, type, category, region, channel, urgency, received_at, source_at,
       tags, anonymous, confidential, platform, upstream_number, upstream_due_at, opened_at, changed_at, state,
       accused_unit, defects, no_channel, lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, signed_at, round,
       contacted_at, contact_count, reply_id, reply_at, reply_result, accepted_at, rejected_count,
       closed_at, closed_dissatisfied, commitment_day, no_contact
  from orders
  left join (select id as newest, commitment_day, no_contact from reply) as r on r.newest = orders.reply_id
 where id = $1
