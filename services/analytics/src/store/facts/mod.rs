//! Facts as rows: loaded whole, merged in memory, written together.
//!
//! Calls and appeals have one source, whose cursor is locked by whoever applies its events; orders have three, so that
//! [`orders::lock`] makes the rows first and locks them then, in the order of ids.

pub mod appeals;
pub mod calls;
mod order_row;
pub mod orders;

use chrono::NaiveDate;
use uuid::Uuid;

/// Where a scan goes on: after this day and id.
pub type Place = (NaiveDate, Uuid);
