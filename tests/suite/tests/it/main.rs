//! The whole system: five services on real Postgres and Redis.

mod access;
mod event_log;
mod faults;
mod five_processes;
mod fixture;
mod foreign;
mod processes;
mod replay;
mod sql;
mod tidy;
mod way_of_an_order;
