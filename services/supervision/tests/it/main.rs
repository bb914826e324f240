//! Supervision over a real Postgres, fed by a real log of routing over gRPC and Redis: one file per verb.

mod doctor;
mod fire_clocks;
mod future;
mod get_review;
mod list_cards;
mod list_clocks;
mod list_reviews;
mod observe_orders;
mod orders;
mod review_reply;
mod scopes;
mod world;
