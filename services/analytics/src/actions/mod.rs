//! The actions of analytics, one verb a file. [`counting`] is what the verbs of figures share.

pub mod apply_changes;
pub mod counting;
pub mod get_breakdown;
pub mod get_bulletin;
pub mod list_figure_members;
pub mod recount_rollups;
pub mod verify_rollups;
