//! The load, on a real Postgres.

mod seed;
