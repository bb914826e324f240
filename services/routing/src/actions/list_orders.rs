//! Lists the orders within the caller's reach, by the time they were opened.

use calendar::local_date;
use chrono::{DateTime, Utc};
use rpc::listing::Window;
use sqlx::PgConnection;

use super::{Error, Reach, Rules};
use crate::domain::order::Order;
use crate::domain::state::StateName;
use crate::store::orders::{self, Filter};

/// The caller's request.
#[derive(Clone, Debug)]
pub struct ListOrders {
    /// Page.
    pub window: Window,
    /// Only orders of this unit and of units below it.
    pub unit: Option<String>,
    /// Only orders in this state.
    pub state: Option<StateName>,
    /// Only orders whose limit of the running round ends before this time.
    pub due_before: Option<DateTime<Utc>>,
    /// Reach of the caller.
    pub reach: Reach,
}

/// The orders of a page.
///
/// # Errors
/// Errors of the store. A unit outside the caller's reach has no orders.
pub async fn list_orders(
    conn: &mut PgConnection,
    rules: &Rules,
    command: ListOrders,
    now: DateTime<Utc>,
) -> Result<Vec<Order>, Error> {
    let directory = rules.directories.on(conn, local_date(now)).await?;
    let units = &directory.units;
    let owned = |codes: Vec<&str>| codes.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let reader = command.reach.unit().map(|own| owned(units.lineage(own)));
    let reader = reader.unwrap_or_default();
    let waiting_in = match &command.reach {
        // An order that waits for dispatch has no lead unit, so a filter by unit leaves it out. The filter by reader
        // leaves out orders that accuse the reader's unit or one above it.
        Reach::Unit { unit, dispatches: true } if command.unit.is_none() => owned(units.regions(unit)),
        _ => Vec::new(),
    };
    let units = match (&command.reach, command.unit) {
        (Reach::All, None) => None,
        (Reach::All, Some(unit)) => Some(units.below(&unit)),
        (Reach::Unit { unit: own, .. }, None) => Some(units.below(own)),
        (Reach::Unit { unit: own, .. }, Some(unit)) if units.is_within(&unit, own) => Some(units.below(&unit)),
        (Reach::Unit { .. }, Some(_)) | (Reach::Nothing, _) => Some(Vec::new()),
    };
    let filter = Filter {
        units,
        waiting_in,
        reader,
        state: command.state,
        due_before: command.due_before,
    };
    Ok(orders::list(conn, &command.window, &filter).await?)
}
