comment on column request.made_at is 'Business time. Forgotten after events.request_days.';
