-- A unit has a kind and a level. Units of before are bureaus of the city. The defaults stay: the program of before adds
-- units without them during a roll-out.
alter table unit
    add column kind smallint not null default 3 constraint unit_kind_known check (kind between 1 and 6),
    add column level smallint not null default 1 constraint unit_level_known check (level between 1 and 4);
comment on column unit.kind is 'UnitKind of hotline.routing.v1: as published, or that of the unit above.';
comment on column unit.level is 'UnitLevel of hotline.routing.v1: as published, or that of the unit above. Never above the parent''s.';
