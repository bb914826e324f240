//! The whole system: five services on real Postgres and Redis.

mod access;
mod fixture;
mod replay;
mod sql;
mod tidy;
mod way_of_an_order;
