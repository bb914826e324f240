//! The actions of analytics, one verb a file.

pub mod apply_changes;
pub mod get_bulletin;
pub mod list_figure_members;
pub mod recount_rollups;
pub mod verify_rollups;
