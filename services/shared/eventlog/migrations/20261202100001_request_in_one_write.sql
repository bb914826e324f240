-- A request is written once, with its answer.
alter table request alter column answer set not null;
comment on column request.answer is 'Encoded answer: ids, numbers, times; nothing personal.';
