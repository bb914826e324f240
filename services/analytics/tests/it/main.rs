//! One file per verb, on a real Postgres and through the served edge.

mod apply_changes;
mod april;
mod consume;
mod doctor;
mod future;
mod get_bulletin;
mod list_figure_members;
mod merged;
mod migrations;
mod observed;
mod outcomes;
mod readers;
mod recount_rollups;
mod story;
mod supervised;
mod verify_rollups;
mod world;
