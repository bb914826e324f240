-- Notices on holidays as data. Every version is kept: deadlines are computed again with the one that they had.
create table calendar_version (
    version text primary key,
    year bigint not null check (year >= 0),
    number bigint not null check (number >= 0),
    published_at timestamptz not null,
    published_by text not null,
    constraint calendar_version_edition unique (year, number),
    constraint calendar_version_shape check (version ~ '^[A-Za-z0-9_-]+-[0-9]+[.][0-9]+$' and char_length(version) <= 32)
);
comment on table calendar_version is 'Published working-day calendars. The highest year and number is in force, unless the program brings a newer one.';
comment on column calendar_version.version is 'Name, year and number: cn-2027.1. Stands in deadline.calendar_version.';
comment on column calendar_version.year is 'The year of the version.';
comment on column calendar_version.number is 'The number within the year.';
comment on column calendar_version.published_at is 'Business time of the publication.';
comment on column calendar_version.published_by is 'Subject of who published.';

create table calendar_notice (
    version text not null references calendar_version (version),
    year integer not null check (year between 2000 and 2100),
    source text not null check (char_length(source) between 1 and 200),
    off text[] not null,
    work text[] not null,
    primary key (version, year)
);
comment on table calendar_notice is 'All notices of a version, those it did not name as they were before it. Never changed.';
comment on column calendar_notice.version is 'The version.';
comment on column calendar_notice.year is 'The year that the notice speaks of.';
comment on column calendar_notice.source is 'Title and number of the notice.';
comment on column calendar_notice.off is 'Days off, each a day or first..last.';
comment on column calendar_notice.work is 'Make-up workdays, written alike.';

comment on column deadline.provisional is 'A notice on holidays that was still to come may move it.';
