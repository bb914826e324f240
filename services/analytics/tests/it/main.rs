//! One file per verb, on a real Postgres and through the served edge.

mod apply_changes;
mod april;
mod consume;
mod definitions_file;
mod doctor;
mod future;
mod get_breakdown;
mod get_bulletin;
mod library;
mod list_figure_members;
mod merged;
mod migrations;
mod observed;
mod outcomes;
mod readers;
mod recount_rollups;
mod seats;
mod story;
mod supervised;
mod verify_rollups;
mod world;
