//! The log on real Postgres and Redis.

mod fixture;
mod once;
mod parking;
mod positions;
mod promises;
mod reading;
