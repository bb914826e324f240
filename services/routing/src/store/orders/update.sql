-- $1 id, $2 version after the change: guards against a writer that did not lock.
update orders
   set version = $2,
       changed_at = $3,
       state = $4,
       lead_unit = $5,
       lead_top_unit = $6,
       dispatched_at = $7,
       dispatched_by_person = $8,
       due_at = $9,
       signed_at = $10,
       round = $11,
       contacted_at = $12,
       contact_count = $13,
       reply_id = $14,
       reply_at = $15,
       reply_result = $16,
       accepted_at = $17,
       rejected_count = $18,
       closed_at = $19,
       closed_dissatisfied = $20
 where id = $1 and version = $2 - 1
