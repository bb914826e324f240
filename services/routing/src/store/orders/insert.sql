-- The first 20 as in update.sql. An order that is there already is left as it is.
insert into orders (
    id, version, changed_at, state, lead_unit, lead_top_unit, dispatched_at, dispatched_by_person, due_at, signed_at,
    round, contacted_at, contact_count, reply_id, reply_at, reply_result, accepted_at, rejected_count, closed_at,
    closed_dissatisfied, number, appeal_id, appeal_number, type, category, region, channel, urgency, received_at, tags,
    anonymous, confidential, platform, upstream_due_at, opened_at, upstream_number,
    accused_unit, source_at, defects, no_channel
) values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40
)
on conflict (id) do nothing
