-- One column per parameter. A text that is null stays as it is.
update callback_task t
   set version = c.version, state = c.state, changed_at = c.changed_at, lease_owner = c.lease_owner,
       lease_expires_at = c.lease_expires_at, attempt_count = c.attempt_count, reached = c.reached, solved = c.solved,
       rating = c.rating, ground = c.ground, recorded_at = c.recorded_at, recorded_by = c.recorded_by, cause = c.cause,
       judged_at = c.judged_at, judged_by = c.judged_by, judged_event = c.judged_event,
       comment = coalesce(c.comment, t.comment), reason = coalesce(c.reason, t.reason)
  from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::timestamptz[],
              $8::int[], $9::bool[], $10::smallint[], $11::smallint[], $12::smallint[], $13::timestamptz[],
              $14::text[], $15::smallint[], $16::timestamptz[], $17::text[], $18::uuid[], $19::bytea[], $20::bytea[])
    as c (id, from_version, version, state, changed_at, lease_owner, lease_expires_at, attempt_count, reached, solved,
          rating, ground, recorded_at, recorded_by, cause, judged_at, judged_by, judged_event, comment, reason)
 where t.id = c.id and t.version = c.from_version
