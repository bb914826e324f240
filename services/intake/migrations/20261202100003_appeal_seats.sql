-- Not validated: no row of before has a seat, and the table is not held up. 1 is DEPUTIES, 3 is LEADER_DAY.
alter table appeal
    add column seat smallint,
    add column deputy text,
    add column deputy_level smallint,
    add column leader_day_id uuid,
    add column complex boolean not null default false,
    add constraint appeal_seat_known check (seat between 1 and 3) not valid,
    add constraint appeal_deputy_whole check ((deputy is null) = (deputy_level is null)) not valid,
    add constraint appeal_deputy_of_seat check (deputy is null or coalesce(seat = 1, false)) not valid,
    add constraint appeal_deputy_level_known check (deputy_level between 1 and 5) not valid,
    add constraint appeal_leader_day_of_seat check (leader_day_id is null or coalesce(seat = 3, false)) not valid,
    add constraint appeal_leader_day_known foreign key (leader_day_id) references leader_day (id) not valid;
comment on column appeal.seat is 'Number of hotline.common.v1.Seat; null for an ordinary seat.';
comment on column appeal.deputy is 'Code of the deputy who brought it, in the register in force on the day of registration.';
comment on column appeal.deputy_level is 'Level of that deputy: a number of hotline.common.v1.DeputyLevel.';
comment on column appeal.leader_day_id is 'Leader day on which it came.';
comment on column appeal.complex is '复杂: the limits may name more time.';
