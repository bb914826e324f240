//! What analytics counts, and how. Pure: no database, no clock.
//!
//! An event becomes a [`change::Change`]; a fact ([`call`], [`appeal`], [`order`] with its [`callback`] tasks) is merged
//! with it; what a fact adds to the roll-ups is its [`contribution`]; [`definitions`] say which sums make a figure,
//! [`bulletin`] prints them. Numbers of the contracts' enums are [`kept`] as they came.

pub mod appeal;
pub mod bulletin;
pub mod call;
pub mod callback;
pub mod change;
pub mod contribution;
pub mod definitions;
pub mod kept;
pub mod measure;
pub mod order;
pub mod window;
