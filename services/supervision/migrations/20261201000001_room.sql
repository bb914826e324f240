-- Numbers of newer programs are kept: a state or a kind of clock that this program does not know is stored as it came.
alter table watched_order drop constraint watched_order_state_known;
alter table watched_order add constraint watched_order_state_positive check (state > 0);
comment on column watched_order.state is 'Number of hotline.common.v1.OrderState; a newer program may have written one that is not known here.';
alter table watch_clock drop constraint watch_clock_kind_known;
alter table watch_clock add constraint watch_clock_kind_positive check (kind > 0);
comment on column watch_clock.kind is 'Number of hotline.common.v1.ClockKind; a newer program may have written one that is not known here, and fires it.';

-- Orders from before name no unit until their next event.
alter table watched_order add column accused_units text not null default '';
comment on column watched_order.accused_units is 'Codes of the units that its appeals accuse, with blanks between; the order does not exist for one of them unless it leads it.';

alter table review add column version bigint not null default 1;
update review set version = 2 where verdict is not null;
alter table review add constraint review_version_of_verdict check (version >= 1 and (version = 1) = (verdict is null));
comment on column review.version is '1 when it is opened, one more with every change.';
