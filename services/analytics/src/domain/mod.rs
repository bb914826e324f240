//! The rules of analytics: facts, contributions, figures. Pure: no database, no clock.
//!
//! An event becomes a [`change::Change`], which is merged into a [`fact`]: a [`call`], an [`appeal`], a
//! [`risk_notice`], a [`ledger_entry`], or an [`order`] with its [`callback`] tasks. The [`contribution`] of a fact goes
//! into the roll-ups. [`definitions`] state which sums make a figure, and [`bulletin`] computes the figures. Numbers of
//! the contracts' enums are [`kept`] as received.

pub mod appeal;
pub mod bulletin;
pub mod call;
pub mod callback;
pub mod change;
pub mod contribution;
pub mod definitions;
pub mod fact;
pub mod kept;
pub mod ledger_entry;
pub mod measure;
pub mod order;
pub mod risk_notice;
pub mod window;
