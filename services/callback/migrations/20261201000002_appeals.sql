-- An order answers several appeals: each has a task of its own per round, and the events about all of them are numbered
-- together. Numbers of urgencies that only a newer program knows are kept. Not validated: the table is not held up.
create table told_order (
    order_id uuid   primary key,
    told     bigint not null constraint told_order_positive check (told > 0)
);
comment on table told_order is 'Orders about which callback published events. Its row is locked while one is numbered.';
comment on column told_order.order_id is 'Order.';
comment on column told_order.told is 'Version of the newest event that callback published about the order.';
insert into told_order (order_id, told)
select order_id, max(told) from callback_task where told > 0 group by order_id;

alter table callback_task
    drop constraint callback_task_once,
    add constraint callback_task_once_for_appeal unique using index callback_task_once_for_appeal,
    drop constraint callback_task_counts,
    drop column told,
    drop constraint callback_task_urgency_known,
    add column version bigint not null default 1,
    add column lead_top_unit text,
    add column accused_units text[] not null default '{}',
    add constraint callback_task_counts check (
        round >= 0 and version >= 1 and token >= 0 and attempt_count >= 0) not valid,
    add constraint callback_task_urgency_positive check (urgency > 0) not valid;
alter table callback_task
    alter column version drop default,
    alter column accused_units drop default;
comment on table callback_task is 'Callback tasks (回访): one for each appeal of an order and round whose reply was passed. The row is the lease, too.';
comment on column callback_task.id is 'Derived from the event that passed the reply, and from the appeal.';
comment on column callback_task.appeal_id is 'Appeal whose appellant is asked, where intake shows the person to those who may see it.';
comment on column callback_task.version is '1 when it is opened, one more with every change, leases included. Tasks of before began with 1 again.';
comment on column callback_task.lead_top_unit is 'Code of the top-level unit above the lead; null in tasks of before, which that unit does not see.';
comment on column callback_task.accused_units is 'Codes of the units that the order''s appeals accuse: for them the task does not exist, unless they lead.';
comment on column callback_task.urgency is 'Number of hotline.common.v1.Urgency as it came: a greater one is proposed first.';
