//! 运行通报: all figures of a window, as of now.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::bulletin::{self, Printed};
use crate::domain::definitions::Definitions;
use crate::domain::measure::{Dimension, Measure};
use crate::domain::window::Window;
use crate::store::facts::appeals;
use crate::store::{names, rollups, snapshot};

/// Sums the window's roll-ups, counts the persons of its appeals, and computes the figures.
///
/// # Errors
/// When the database fails.
pub async fn get_bulletin(
    conn: &mut PgConnection,
    definitions: &Definitions,
    window: Window,
    as_of: DateTime<Utc>,
) -> Result<Vec<Printed>, StoreError> {
    let mut tx = snapshot(conn).await?;
    let mut sums = rollups::sums(&mut tx, window, calendar::local_date(as_of)).await?;
    if definitions.count_persons() {
        let persons = appeals::persons(&mut tx, window).await?;
        sums.add(Dimension::Total, "", Measure::Persons, persons);
    }
    let names = names::in_force(&mut tx, window.to).await?;
    tx.commit().await?;
    Ok(bulletin::print(definitions, &sums, &names))
}
