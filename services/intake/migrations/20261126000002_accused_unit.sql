-- Not validated: no row of before accuses anybody, and the table is not held up. 4 is REPORT.
alter table appeal
    add column accused_unit text,
    add constraint appeal_accused_by_report check (accused_unit is null or type = 4) not valid;
comment on column appeal.accused_unit is 'Unit that a report accuses, a code of routing''s: neither it nor a unit below it is given the order.';
