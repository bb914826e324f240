-- Not validated: no row of before is of one without a channel, and the table is not held up. 1 is NO_CHANNEL, 6 is UNRATED.
alter table callback_task
    add column no_channel boolean not null default false,
    add column ground smallint,
    add constraint callback_task_no_channel_of_known check (not (no_channel and anonymous)) not valid,
    add constraint callback_task_ground_known check (ground is null or ground = 1) not valid,
    add constraint callback_task_ground_without_call check (
        ground is null
        or (no_channel and rating is not null and rating = 6 and attempt_count = 0 and not reached)) not valid,
    add constraint callback_task_no_channel_ends check (
        not no_channel or state = 'open' or (state = 'done' and ground is not null)) not valid,
    add constraint callback_task_no_channel_not_leased check (not no_channel or token = 0) not valid;
comment on column callback_task.no_channel is 'The appellant is not anonymous and left no usable telephone number: nobody is called.';
comment on column callback_task.ground is 'Number of hotline.common.v1.UnratedGround: why it is unrated without a call; null for all others.';
