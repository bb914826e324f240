//! Cards and clocks in the order of time, page by page. A page starts after the last row of the one before. Rows
//! written meanwhile therefore repeat and hide nothing.

use chrono::{DateTime, Utc};
use hotline_proto::events::CardColour;
use platform::rows::{fits, known};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

/// A card as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCard {
    /// Identity.
    pub id: Uuid,
    /// Order of the card.
    pub order_id: Uuid,
    /// Number of the order.
    pub order_number: String,
    /// Round of the clock.
    pub round: u32,
    /// Lead unit when it was issued.
    pub unit: String,
    /// Colour.
    pub colour: CardColour,
    /// Number of the `ClockKind`.
    pub kind: i32,
    /// When its clock was due.
    pub due_at: DateTime<Utc>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct CardRow {
    id: Uuid,
    order_id: Uuid,
    number: String,
    round: i32,
    unit: String,
    colour: i16,
    kind: i16,
    due_at: DateTime<Utc>,
    issued_at: DateTime<Utc>,
    withdrawn_at: Option<DateTime<Utc>>,
}

/// Cards by the time they were issued, then by id. `order` narrows to that order. `unit` narrows to cards whose unit or
/// top-level unit it is, and hides orders that accuse it while another unit leads.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn cards(
    conn: &mut PgConnection,
    window: &Window,
    order: Option<Uuid>,
    unit: Option<&str>,
) -> Result<Vec<ListedCard>, StoreError> {
    let rows: Vec<CardRow> = sqlx::query_as(
        "select k.id, k.order_id, o.number, c.round, k.unit, c.colour, c.kind, c.due_at, k.issued_at, k.withdrawn_at
           from card k join watch_clock c on c.id = k.clock_id join watched_order o on o.id = k.order_id
          where (k.issued_at, k.id) > ($1, $2) and k.issued_at < $3
            and ($5::uuid is null or k.order_id = $5)
            and ($6::text is null or (k.unit = $6 or k.top_unit = $6)
                 and (o.lead_unit = $6 or $6 <> all (string_to_array(o.accused_units, ' '))))
          order by k.issued_at, k.id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(order)
    .bind(unit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ListedCard {
                id: row.id,
                order_id: row.order_id,
                order_number: row.number,
                round: fits("watch_clock", "round", row.round)?,
                unit: row.unit,
                colour: known("watch_clock", "colour", row.colour)?,
                kind: row.kind.into(),
                due_at: row.due_at,
                issued_at: row.issued_at,
                withdrawn_at: row.withdrawn_at,
            })
        })
        .collect()
}

/// A clock as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedClock {
    /// Identity.
    pub id: Uuid,
    /// Order of the clock.
    pub order_id: Uuid,
    /// Round of the clock.
    pub round: u32,
    /// Number of the `ClockKind`.
    pub kind: i32,
    /// Colour of the card that it issues.
    pub colour: CardColour,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// `open`, `stopped` or `fired`.
    pub state: String,
}

#[derive(sqlx::FromRow)]
struct ClockRow {
    id: Uuid,
    order_id: Uuid,
    round: i32,
    kind: i16,
    colour: i16,
    due_at: DateTime<Utc>,
    state: String,
}

/// Clocks by the time they are due, then by id. `order` and `state` narrow the list, and `unit` narrows it to orders
/// that exist for that unit.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn clocks(
    conn: &mut PgConnection,
    window: &Window,
    order: Option<Uuid>,
    state: Option<&'static str>,
    unit: Option<&str>,
) -> Result<Vec<ListedClock>, StoreError> {
    let rows: Vec<ClockRow> = sqlx::query_as(
        "select c.id, c.order_id, c.round, c.kind, c.colour, c.due_at, c.state
           from watch_clock c join watched_order o on o.id = c.order_id
          where (c.due_at, c.id) > ($1, $2) and c.due_at < $3
            and ($5::uuid is null or c.order_id = $5)
            and ($6::text is null or c.state = $6)
            and ($7::text is null or o.lead_unit = $7
                 or o.lead_top_unit = $7 and $7 <> all (string_to_array(o.accused_units, ' ')))
          order by c.due_at, c.id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(order)
    .bind(state)
    .bind(unit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ListedClock {
                id: row.id,
                order_id: row.order_id,
                round: fits("watch_clock", "round", row.round)?,
                kind: row.kind.into(),
                colour: known("watch_clock", "colour", row.colour)?,
                due_at: row.due_at,
                state: row.state,
            })
        })
        .collect()
}
