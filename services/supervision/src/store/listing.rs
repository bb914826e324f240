//! Cards and clocks in the order of time, page by page: a page starts after the last row of the one before, so that rows that
//! come meanwhile neither repeat nor hide any.

use chrono::{DateTime, Utc};
use hotline_proto::events::CardColour;
use platform::rows::{fits, known};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

/// A card as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCard {
    /// Identity.
    pub id: Uuid,
    /// Order.
    pub order_id: Uuid,
    /// Its number.
    pub order_number: String,
    /// Round of the clock.
    pub round: u32,
    /// Lead unit when it was given.
    pub unit: String,
    /// Colour.
    pub colour: CardColour,
    /// Number of the `ClockKind`.
    pub kind: i32,
    /// Instant that the clock was set for.
    pub due_at: DateTime<Utc>,
    /// When it was given.
    pub issued_at: DateTime<Utc>,
    /// When it was taken back.
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

/// Cards by the time they were given, then by id; only those of `order`, if given, and only those whose unit or
/// top-level unit is `unit`, if given. An order that accuses that unit, led by another one, does not exist for it.
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

/// A clock as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedClock {
    /// Identity.
    pub id: Uuid,
    /// Order.
    pub order_id: Uuid,
    /// Its round.
    pub round: u32,
    /// Number of the `ClockKind`: which limit.
    pub kind: i32,
    /// Colour of the card that it gives.
    pub colour: CardColour,
    /// Instant that it is set for.
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

/// Clocks by the instant that they are set for, then by id; only those of `order`, in `state`, and of orders that exist for
/// `unit`, if given.
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
