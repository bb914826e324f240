-- After ($1, $2), before $3, at most $4; $5 open ones only, $6 the unit that the reader is confined to.
select r.id, r.order_id, r.round, r.reply_id, r.submitted_at, r.late, r.no_contact, r.version, r.verdict, r.grounds,
       r.reviewed_at, r.reviewer, o.number
  from review r join watched_order o on o.id = r.order_id
 where (r.submitted_at, r.id) > ($1, $2) and r.submitted_at < $3 and (not $5 or r.verdict is null)
   and ($6::text is null or o.lead_unit = $6
        or o.lead_top_unit = $6 and $6 <> all (string_to_array(o.accused_units, ' ')))
 order by r.submitted_at, r.id limit $4
