-- $1 lead units or null for all, $2 state or null, $3 due before or null,
-- $4 and $5 (opened_at, id) after which the page starts, $6 opened before, $7 how many, $8 the reader's unit and those above it, or none:
-- of orders that accuse one of them he sees those that his own unit leads.
select id, number, version, appeal_id, appeal_number, type, category, region, channel, urgency, received_at, source_at,
       tags, anonymous, confidential, platform, upstream_number, upstream_due_at, opened_at, changed_at, state,
       accused_unit, defects, no_channel, lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, signed_at, round,
       contacted_at, contact_count, reply_id, reply_at, reply_result, accepted_at, rejected_count,
       closed_at, closed_dissatisfied, commitment_day, no_contact
  from orders
  left join (select id as newest, commitment_day, no_contact from reply) as r on r.newest = orders.reply_id
 where ($1::text[] is null or lead_unit = any ($1))
   and ($2::text is null or state = $2)
   and ($3::timestamptz is null or due_at < $3)
   and (opened_at, id) > ($4::timestamptz, $5::uuid)
   and opened_at < $6::timestamptz
   and (accused_unit is null or accused_unit <> all ($8::text[]) or lead_unit = ($8::text[])[1])
 order by opened_at, id
 limit $7
