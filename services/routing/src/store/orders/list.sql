-- Parameters:
-- - $1 lead units, or null for all
-- - $2 state, or null
-- - $3 due before, or null
-- - $4 and $5 (opened_at, id) after which the page starts
-- - $6 opened before
-- - $7 page size
-- - $8 the reader's unit and those above it, or empty. An order that accuses one of them is listed only if the reader's
--   own unit leads it.
-- - $9 regions whose orders are listed as well while they wait for dispatch
 where ($1::text[] is null
        or lead_unit = any ($1)
        or (state = 'pending_dispatch' and exists (select from unnest($9::text[]) as part where starts_with(region, part))))
   and ($2::text is null or state = $2)
   and ($3::timestamptz is null or due_at < $3)
   and (opened_at, id) > ($4::timestamptz, $5::uuid)
   and opened_at < $6::timestamptz
   and (not accused_units && $8::text[] or lead_unit = ($8::text[])[1])
 order by opened_at, id
 limit $7
