-- An order may answer several appeals: what was heard of an appeal's order may be about another one than was opened for it.
-- A state that only a newer routing knows is kept as it came. Not validated: the new check is wider than the old one.
alter table appeal
    drop constraint appeal_order_seen,
    add column seen_order uuid,
    add column seen_linked_at timestamptz,
    add constraint appeal_order_seen check (
        (order_version is null) = (order_number is null)
        and (order_version is null) = (order_state is null)
        and (order_version is null or (order_id is not null and order_version >= 1 and order_state >= 1))
        and (seen_order is null or order_version is not null)
        and (seen_linked_at is null or seen_order is not null)) not valid;
comment on column appeal.order_id is 'Order that routing opens for it, derived from the event that forwarded it; unique for that reason, whichever order answers it later.';
comment on column appeal.seen_order is 'Order that answers it, as last heard; null: order_id.';
comment on column appeal.seen_linked_at is 'When routing linked it to seen_order: of two orders the later link is the newer news.';
comment on column appeal.order_version is 'Newest version of the order that answers it that was heard of.';
comment on column appeal.order_number is 'Number of the order that answers it, once routing has opened it.';
comment on column appeal.order_state is 'State at order_version as it came: a number of hotline.common.v1.OrderState, or of a newer one.';
