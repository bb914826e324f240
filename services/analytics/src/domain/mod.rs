//! The rules of analytics: facts, contributions, figures. Pure: no database, no clock.
//!
//! An event becomes a [`change::Change`], which is merged into a [`fact`]: a [`call`], an [`appeal`], a [`leader_day`],
//! an [`account_message`], a [`risk_notice`], a [`ledger_entry`], or an [`order`] with its [`callback`] tasks. A version
//! of the policy [`library`] is stored as it is. Appeals and orders count under the members that their [`codes`] name.
//! The [`contribution`] of a fact goes into the roll-ups, which are read as [`sums`]; a [`filter`] selects facts where
//! roll-ups do not suffice. [`definitions`] state which sums make a figure. [`bulletin`] computes the figures and
//! [`breakdown`] the table, by the [`tree`] of units; a [`selection`] opens them. Numbers of the contracts' enums are
//! [`kept`] as received, and [`coded`] names them.

pub mod account_message;
pub mod appeal;
pub mod breakdown;
pub mod bulletin;
pub mod call;
pub mod callback;
pub mod change;
pub mod coded;
pub mod codes;
pub mod contribution;
pub mod definitions;
pub mod fact;
pub mod filter;
pub mod kept;
pub mod leader_day;
pub mod ledger_entry;
pub mod library;
pub mod measure;
pub mod order;
pub mod risk_notice;
pub mod selection;
pub mod sums;
pub mod tree;
pub mod window;
