//! Fills the five databases of an empty installation with many orders and everything around them, for measurements.
//!
//! 1. The real services play a small scenario on private servers ([`template`]). All rows of it are read.
//! 2. Each row is prepared ([`rows`]): its bytes, and where a copy differs. [`ids`] and [`numbers`] map what copies may not
//!    share, and [`rules`] says what becomes of each table.
//! 3. The copies are written into the five databases at once, by COPY, in one transaction per database ([`load`]).
//! 4. The doctor examines some of the copies ([`sample`]).
//!
//! All copies happen in the days of the scenario. A copy differs in its ids, numbers and persons. Its texts, telephone
//! numbers and times are those of the template. Receipts of requests are not copied: a service forgets them after
//! `events.request_days`.

pub mod ids;
mod install;
pub mod load;
pub mod numbers;
pub mod rows;
pub mod rules;
pub mod sample;
pub mod store;
pub mod template;

pub use install::install;
pub use load::{Loaded, load};
pub use template::Template;

use hosting::Failure;
use replay::city::City;
use replay::scenario::Scenario;

/// The scenario that is copied, and its city.
///
/// # Errors
/// A scenario or a city that this program's readers refuse.
pub fn week() -> Result<(Scenario, City), Failure> {
    let scenario = include_str!("../../replay/scenarios/week.toml");
    let city = include_str!("../../replay/scenarios/city.toml");
    Ok((
        Scenario::parse(scenario, "week.toml").map_err(|error| Failure(error.to_string()))?,
        City::parse(city, "city.toml").map_err(|error| Failure(error.to_string()))?,
    ))
}
