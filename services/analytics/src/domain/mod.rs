//! What analytics counts, and how. Pure: no database, no clock.
//!
//! An event becomes a [`change::Change`]; a fact ([`call`], [`appeal`], [`order`]) is merged with it; what a fact adds
//! to the roll-ups is its [`contribution`]; [`definitions`] say which sums make a figure, [`bulletin`] prints them.

pub mod appeal;
pub mod bulletin;
pub mod call;
pub mod change;
pub mod contribution;
pub mod definitions;
pub mod measure;
pub mod order;
pub mod window;
