//! The event log on real Postgres and Redis, tested from outside: one module per guarantee.

mod arrivals;
mod decided;
mod doorbell;
mod effects;
mod epoch;
mod known;
mod newer;
mod observed;
mod parked;
mod positions;
mod redis_lost;
mod requests;
mod restored;
mod simulation;
mod transactions;
mod waiting;
mod world;
