//! 运行通报: all figures of a window, as of now.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;

use super::counting::{count, names_lead_units, tree_if};
use crate::domain::bulletin::{self, Printed};
use crate::domain::definitions::{Definitions, Figure};
use crate::domain::sums::Wanted;
use crate::domain::window::Window;
use crate::store::{names, snapshot};

/// Counts what the figures need, and computes them.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn get_bulletin(
    conn: &mut PgConnection,
    definitions: &Definitions,
    window: Window,
    as_of: DateTime<Utc>,
) -> Result<Vec<Printed>, StoreError> {
    let mut tx = snapshot(conn).await?;
    let figures: Vec<&Figure> = definitions.figures.iter().collect();
    let wanted = Wanted::by(figures.iter().copied());
    let by_tree = figures.iter().any(|figure| names_lead_units(figure));
    let tree = tree_if(&mut tx, by_tree, window.to).await?;
    let as_of_day = calendar::local_date(as_of);
    let counted = count(&mut tx, &figures, &wanted, window, as_of_day, &tree).await?;
    let names = names::in_force(&mut tx, window.to).await?;
    tx.commit().await?;
    Ok(bulletin::print(definitions, &counted, &names))
}
