-- $1 id or $2 replies, $3 the unit that the reader is confined to.
select r.id, r.order_id, r.round, r.reply_id, r.submitted_at, r.late, r.no_contact, r.version, r.verdict, r.grounds,
       r.reviewed_at, r.reviewer, r.requirement, o.number
  from review r join watched_order o on o.id = r.order_id
 where (r.id = $1 or r.reply_id = any ($2))
   and ($3::text is null or o.lead_unit = $3
        or o.lead_top_unit = $3 and $3 <> all (string_to_array(o.accused_units, ' ')))
