//! The whole system: five services on real Postgres and Redis.

mod access;
mod backlog;
mod commands;
mod doctor;
mod edge;
mod event_log;
mod faults;
mod five_processes;
mod fixture;
mod foreign;
mod metrics;
mod probes;
mod processes;
mod reach;
mod reflection;
mod repeated;
mod replay;
mod restored;
mod roles;
mod secured;
mod shapes;
mod sql;
mod tidy;
mod two_replicas;
mod up;
mod way_of_an_order;
