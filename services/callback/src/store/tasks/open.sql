-- One column per parameter. The accused units have blanks between: an array of arrays of several lengths cannot be bound.
insert into callback_task (id, order_id, order_number, appeal_id, round, unit, lead_top_unit, accused_units, urgency,
       anonymous, no_channel, confidential, state, opened_at, changed_at, version, token, attempt_count, reached)
select t.id, t.order_id, t.order_number, t.appeal_id, t.round, t.unit, t.lead_top_unit,
       string_to_array(t.accused_units, ' '), t.urgency, t.anonymous, t.no_channel, t.confidential, t.state,
       t.opened_at, t.changed_at, t.version, t.token, t.attempt_count, t.reached
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::text[], $8::text[],
              $9::smallint[], $10::bool[], $11::bool[], $12::bool[], $13::text[], $14::timestamptz[],
              $15::timestamptz[], $16::bigint[], $17::bigint[], $18::int[], $19::bool[])
    as t (id, order_id, order_number, appeal_id, round, unit, lead_top_unit, accused_units, urgency, anonymous,
          no_channel, confidential, state, opened_at, changed_at, version, token, attempt_count, reached)
    on conflict (order_id, round, appeal_id) do nothing
returning id
