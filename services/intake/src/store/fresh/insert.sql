-- `unnest` cannot split an array of arrays by rows, so those columns come as text.
insert into appeal (
    id, number, version, state, channel, type, category, region, urgency, tags, anonymous, confidential, accused_unit,
    defects, reference, call_id, received_at, changed_at, source_at, person_key, name, phone, phone_hashes, id_number,
    document_kind, address, title, content, place, platform, upstream_number, upstream_hash, upstream_due_at, seat,
    deputy, deputy_level, leader_day_id, complex)
select id, number, 1, 'received', channel, type, category, region, urgency, string_to_array(tags, ','), anonymous,
       confidential, accused_unit, string_to_array(defects, ',')::smallint[], reference, call_id, received_at,
       received_at, source_at, person_key, name, phone, string_to_array(phone_hashes, ',')::bytea[], id_number,
       document_kind, address, title, content, place, platform, upstream_number, upstream_hash, upstream_due_at,
       seat, deputy, deputy_level, leader_day_id, complex
  from unnest(
           $1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::smallint[], $8::text[],
           $9::boolean[], $10::boolean[], $11::text[], $12::text[], $13::bigint[], $14::uuid[], $15::timestamptz[],
           $16::timestamptz[], $17::bytea[], $18::bytea[], $19::bytea[], $20::text[], $21::bytea[], $22::bytea[],
           $23::bytea[], $24::bytea[], $25::bytea[], $26::bytea[], $27::text[], $28::text[], $29::bytea[],
           $30::timestamptz[], $31::smallint[], $32::text[], $33::smallint[], $34::uuid[], $35::boolean[])
       as t (
           id, number, channel, type, category, region, urgency, tags,
           anonymous, confidential, accused_unit, defects, reference, call_id, received_at,
           source_at, person_key, name, phone, phone_hashes, id_number, document_kind,
           address, title, content, place, platform, upstream_number, upstream_hash,
           upstream_due_at, seat, deputy, deputy_level, leader_day_id, complex)
    on conflict (platform, upstream_number) do nothing
returning id
