//! Supervision over a real Postgres, fed by a real log of routing over gRPC and Redis: one file per verb.

mod doctor;
mod feed_back_risk_notice;
mod fire_clocks;
mod future;
mod get_review;
mod get_risk_notice;
mod issue_risk_notice;
mod list_cards;
mod list_clocks;
mod list_ledger_entries;
mod list_reviews;
mod list_risk_notices;
mod observe_orders;
mod orders;
mod record_ledger_entry;
mod review_replies;
mod review_reply;
mod scopes;
mod verify_risk_notice;
mod world;
