-- A lost database is restored from its archive; its readers no longer keep what they read (ADR 0029).
drop table heard;
drop table realigned;
drop table realignment_fork;
drop table realignment;
comment on column log_meta.epoch is 'Drawn when the database is first migrated, and by `hotline events restored`. A reader of another epoch goes on only where log_ancestor says so.';
comment on table log_ancestor is 'Epochs of this log before a restore: a reader of one of them that is not past the position goes on.';
comment on column log_ancestor.position is 'Last position that both logs have in common.';
