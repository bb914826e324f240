-- What was done in time and then rejected is watched by another clock: one that stopped or whose card was taken back stays
-- what it is, whoever looked first.
alter table watch_clock add column run integer not null default 0 check (run >= 0);
alter table watch_clock drop constraint watch_clock_once;
alter table watch_clock add constraint watch_clock_once unique (order_id, round, assignment, kind, colour, run);
comment on column watch_clock.run is '0 for the first clock of its limit, one more with every rejection of what was done in time.';
comment on table watch_clock is 'Clocks: one per order, round, assignment, limit, colour of the card that it gives, and run. Each fires at most once (I5).';
