//! Lists orders in the order of their opening, as far as the caller reaches.

use calendar::local_date;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Error, Reach, Rules};
use crate::NAME;
use crate::domain::order::Order;
use crate::store::orders::{self, Filter};

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct ListOrders {
    /// State, times and position; its units are filled in here.
    pub filter: Filter,
    /// This unit and those below it.
    pub unit: Option<String>,
    /// How many.
    pub size: i64,
    /// How far the caller reaches.
    pub reach: Reach,
}

/// A page, and whether there is more.
///
/// # Errors
/// The store's. A unit out of reach has no orders.
#[tracing::instrument(skip_all, fields(service = NAME), name = "list_orders")]
pub async fn list_orders(
    conn: &mut PgConnection,
    rules: &Rules,
    command: ListOrders,
    now: DateTime<Utc>,
) -> Result<(Vec<Order>, bool), Error> {
    let ListOrders {
        mut filter,
        unit,
        size,
        reach,
    } = command;
    let directory = rules.directories.on(conn, local_date(now)).await?;
    let units = &directory.units;
    filter.units = match (reach, unit) {
        (Reach::All, None) => None,
        (Reach::All, Some(unit)) => Some(units.below(&unit)),
        (Reach::Unit(own), None) => Some(units.below(&own)),
        (Reach::Unit(own), Some(unit)) if units.is_within(&unit, &own) => Some(units.below(&unit)),
        (Reach::Unit(_), Some(_)) | (Reach::Nothing, _) => Some(Vec::new()),
    };
    let mut orders = orders::list(conn, &filter, size + 1).await?;
    let wanted = usize::try_from(size).expect("a page size is positive and small");
    let more = orders.len() > wanted;
    orders.truncate(wanted);
    Ok((orders, more))
}
