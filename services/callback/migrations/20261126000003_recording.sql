-- Not validated: no row of before has a recording, and the table is not held up. 3 and 4 are calls.
alter table attempt
    add column recording bytea,
    add constraint attempt_recording_of_call check (recording is null or mode in (3, 4)) not valid;
comment on column attempt.recording is 'Sealed: reference of the call''s recording; its row is derived from task and number. A grade needs one.';
