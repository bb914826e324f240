-- After ($1, $2), before $3, at most $4; $5 the state, $6 the unit that the reader is confined to.
select n.id
  from risk_notice n
 where (n.issued_at, n.id) > ($1, $2) and n.issued_at < $3
   and ($5::text is null
        or $5 = case
               when n.verified_at is not null then 'VERIFIED'
               when exists (select from risk_addressee a where a.notice_id = n.id and a.fed_back_at is null)
                   then 'ISSUED'
               else 'FED_BACK'
           end)
   and ($6::text is null or exists (select from risk_addressee a where a.notice_id = n.id and a.unit = $6))
 order by n.issued_at, n.id limit $4
