//! The event log on real Postgres and Redis, seen from outside: one module per promise.

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
