//! Callback over a real Postgres, fed by a real log of routing over gRPC and Redis: one file per verb.

mod appeals;
mod doctor;
mod get_task;
mod judge_dissatisfaction;
mod lease_tasks;
mod list_tasks;
mod migrations;
mod newer;
mod no_channel;
mod open_tasks;
mod record_outcome;
mod record_outcomes;
mod release_tasks;
mod renew_lease;
mod report_attempt;
mod report_attempts;
mod scopes;
mod versions;
mod world;
