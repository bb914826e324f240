//! Lists orders in the order of their opening, as far as the caller reaches.

use calendar::local_date;
use chrono::{DateTime, Utc};
use rpc::listing::Window;
use sqlx::PgConnection;

use super::{Error, Reach, Rules};
use crate::domain::order::Order;
use crate::domain::state::StateName;
use crate::store::orders::{self, Filter};

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct ListOrders {
    /// Page.
    pub window: Window,
    /// This unit and those below it.
    pub unit: Option<String>,
    /// State.
    pub state: Option<StateName>,
    /// Limit of the running round before.
    pub due_before: Option<DateTime<Utc>>,
    /// How far the caller reaches.
    pub reach: Reach,
}

/// Orders of a window.
///
/// # Errors
/// The store's. A unit out of reach has no orders.
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
        // Orders that wait are led by nobody, so a filter by unit leaves them out. Of those whose unit or one above it
        // is accused, the filter by reader does.
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
