//! The whole system: five services on real Postgres and Redis.

mod access;
mod backlog;
mod commands;
mod doctor;
mod event_log;
mod faults;
mod five_processes;
mod fixture;
mod foreign;
mod metrics;
mod processes;
mod reach;
mod reflection;
mod replay;
mod restored;
mod roles;
mod secured;
mod sql;
mod tidy;
mod up;
mod way_of_an_order;
