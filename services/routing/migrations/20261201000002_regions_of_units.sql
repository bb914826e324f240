-- A unit names the regions that it is responsible for.
alter table unit add column regions text[] not null default '{}';
comment on column unit.regions is 'Codes of the regions that it is responsible for, sorted; empty for a unit that has none of its own.';
