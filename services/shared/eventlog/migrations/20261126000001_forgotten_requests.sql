-- Rows come in the order of their time: some kilobytes tell where the old ones are.
create index request_by_time on request using brin (made_at);
comment on column request.made_at is 'Business time. Forgotten after events.request_days.';
