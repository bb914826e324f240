create table sealed_read (
    id       uuid        primary key,
    table_of text        not null,
    row_of   uuid        not null,
    columns  text[]      not null,
    reader   text        not null,
    read_at  timestamptz not null,
    constraint sealed_read_columns_named check (cardinality(columns) > 0)
);
create index sealed_read_by_row on sealed_read (row_of, read_at);
comment on table sealed_read is 'Audit (I10): who read which sealed cells of this database in clear, written before they were shown. Insert only. Intake''s readings, which have a purpose, are in personal_read; routing''s as well, because it asks intake first.';
comment on column sealed_read.id is 'UUIDv7.';
comment on column sealed_read.table_of is 'Table of the cells.';
comment on column sealed_read.row_of is 'Row of the cells.';
comment on column sealed_read.columns is 'Columns shown.';
comment on column sealed_read.reader is 'Subject of the reader.';
comment on column sealed_read.read_at is 'When.';

create function sealed_read_is_insert_only() returns trigger language plpgsql as $$
begin
    raise exception 'sealed_read is insert only';
end $$;
create trigger sealed_read_insert_only before update or delete on sealed_read
    for each row execute function sealed_read_is_insert_only();
