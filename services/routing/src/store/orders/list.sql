-- $1 lead units or null for all, $2 state or null, $3 due before or null, $4 opened at or after, $5 opened before,
-- $6 and $7 (opened_at, id) of the last order of the page before, $8 how many. The null instants mean "no bound".
select id, number, version, appeal_id, appeal_number, type, category, region, channel, urgency, received_at,
       tags, anonymous, confidential, platform, upstream_number, upstream_due_at, opened_at, changed_at, state,
       lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, signed_at, round,
       contacted_at, contact_count, reply_id, reply_at, reply_result, accepted_at, rejected_count,
       closed_at, closed_dissatisfied
  from orders
 where ($1::text[] is null or lead_unit = any ($1))
   and ($2::text is null or state = $2)
   and ($3::timestamptz is null or due_at < $3)
   and opened_at >= coalesce($4::timestamptz, '-infinity')
   and opened_at < coalesce($5::timestamptz, 'infinity')
   and (opened_at, id) > (coalesce($6::timestamptz, '-infinity'), coalesce($7::uuid, '00000000-0000-0000-0000-000000000000'))
 order by opened_at, id
 limit $8
