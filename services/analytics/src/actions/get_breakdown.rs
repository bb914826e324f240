//! The table of a data bureau: every column for each member of a dimension, as of now.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;

use super::counting::{count, names_lead_units, tree_if};
use crate::domain::breakdown::{self, Asked, Table};
use crate::domain::definitions::{Definitions, Figure};
use crate::domain::measure::Dimension;
use crate::domain::sums::Wanted;
use crate::domain::window::Window;
use crate::store::{names, snapshot};

/// Counts what the columns need, and computes the rows.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn get_breakdown(
    conn: &mut PgConnection,
    definitions: &Definitions,
    asked: &Asked,
    window: Window,
    as_of: DateTime<Utc>,
) -> Result<Table, StoreError> {
    let mut tx = snapshot(conn).await?;
    let columns: Vec<&Figure> = definitions.columns.iter().collect();
    let wanted = Wanted::split_by(columns.iter().copied(), asked.dimension);
    let by_tree = asked.dimension == Dimension::LeadUnit || columns.iter().any(|column| names_lead_units(column));
    let tree = tree_if(&mut tx, by_tree, window.to).await?;
    let as_of_day = calendar::local_date(as_of);
    let counted = count(&mut tx, &columns, &wanted, window, as_of_day, &tree).await?;
    let names = names::in_force(&mut tx, window.to).await?;
    tx.commit().await?;
    Ok(breakdown::table(definitions, asked, &counted, &names, &tree))
}
