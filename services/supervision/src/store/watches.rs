//! Orders with their clocks and cards as rows. They are read, locked and written many at a time, in a fixed number of
//! statements.

use chrono::{DateTime, Utc};
use platform::rows::{big, fits, impossible, int, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::clock::{Card, Clock, State, Unit};
use crate::domain::watch::{Watch, WatchedOrder};

/// Name in the error for an order that does not exist.
pub const ORDER: &str = "order";

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: Uuid,
    number: String,
    partition: i32,
    version: i64,
    state: i16,
    round: i32,
    assignment: i32,
    lead_unit: Option<String>,
    lead_top_unit: Option<String>,
    accused_units: String,
    reply_id: Option<Uuid>,
    told: i64,
    last_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ClockRow {
    id: Uuid,
    order_id: Uuid,
    round: i32,
    assignment: i32,
    run: i32,
    kind: i16,
    colour: i16,
    due_at: DateTime<Utc>,
    state: String,
    done_at: Option<DateTime<Utc>>,
    card_id: Option<Uuid>,
    unit: Option<String>,
    top_unit: Option<String>,
    issued_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
}

/// Reads orders with all their clocks and keeps them locked until the transaction ends. Unknown orders are left out.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn lock(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Watch>, StoreError> {
    let orders = lock_orders(conn, ids).await?;
    let rows: Vec<ClockRow> = sqlx::query_as(
        "select c.id, c.order_id, c.round, c.assignment, c.run, c.kind, c.colour, c.due_at, c.state, c.done_at,
                k.id as card_id, k.unit, k.top_unit, k.issued_at, k.withdrawn_at
           from watch_clock c left join card k on k.clock_id = c.id
          where c.order_id = any($1) order by c.id for no key update of c",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut watches: Vec<Watch> = orders
        .into_iter()
        .map(|order| Watch {
            order,
            clocks: Vec::new(),
        })
        .collect();
    for row in rows {
        let at = watches
            .binary_search_by_key(&row.order_id, |watch| watch.order.id)
            .map_err(|_| impossible("watch_clock", format!("{} belongs to no order", row.id)))?;
        watches[at].clocks.push(row.try_into()?);
    }
    Ok(watches)
}

/// Reads orders without their clocks and keeps them locked until the transaction ends. Unknown orders are left out.
///
/// # Errors
/// As [`lock`].
pub async fn lock_orders(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<WatchedOrder>, StoreError> {
    // Ordered by id: two transactions that need the same orders wait for each other without a deadlock.
    let rows: Vec<OrderRow> = sqlx::query_as(
        r#"select id, number, "partition", version, state, round, assignment, lead_unit, lead_top_unit, accused_units,
                  reply_id, told, last_at
             from watched_order where id = any($1) order by id for no key update"#,
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(WatchedOrder::try_from).collect()
}

/// Writes orders and their clocks and cards back.
///
/// # Errors
/// When the database fails.
pub async fn save(conn: &mut PgConnection, watches: &[Watch]) -> Result<(), StoreError> {
    save_orders(conn, watches.iter().map(|watch| &watch.order)).await?;
    let clocks: Vec<(Uuid, &Clock)> = watches
        .iter()
        .flat_map(|watch| watch.clocks.iter().map(|clock| (watch.order.id, clock)))
        .collect();
    save_clocks(conn, &clocks).await?;
    save_cards(conn, &clocks).await
}

/// Writes orders back, without their clocks.
///
/// # Errors
/// When the database fails.
pub async fn save_orders<'o>(
    conn: &mut PgConnection,
    orders: impl Iterator<Item = &'o WatchedOrder>,
) -> Result<(), StoreError> {
    let orders: Vec<&WatchedOrder> = orders.collect();
    let units = || orders.iter().map(|o| o.unit.as_ref());
    sqlx::query(
        r#"insert into watched_order as o (id, number, "partition", version, state, round, assignment, lead_unit,
                  lead_top_unit, reply_id, told, last_at, accused_units)
           select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::smallint[], $6::int[], $7::int[],
                  $8::text[], $9::text[], $10::uuid[], $11::bigint[], $12::timestamptz[], $13::text[])
               on conflict (id) do update set version = excluded.version, state = excluded.state,
                  round = excluded.round, assignment = excluded.assignment, lead_unit = excluded.lead_unit,
                  lead_top_unit = excluded.lead_top_unit, reply_id = excluded.reply_id, told = excluded.told,
                  last_at = excluded.last_at, accused_units = excluded.accused_units"#,
    )
    .bind(orders.iter().map(|o| o.id).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.number.clone()).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| int(o.partition)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| big(o.version)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| small(o.state)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| int(o.round)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| int(o.assignment)).collect::<Vec<_>>())
    .bind(units().map(|u| u.map(|u| u.code.clone())).collect::<Vec<_>>())
    .bind(units().map(|u| u.map(|u| u.top.clone())).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.reply_id).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| big(o.told)).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.last_at).collect::<Vec<_>>())
    .bind(orders.iter().map(|o| o.accused.join(" ")).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

async fn save_clocks(conn: &mut PgConnection, clocks: &[(Uuid, &Clock)]) -> Result<(), StoreError> {
    let column = |of: fn(&Clock) -> i32| clocks.iter().map(|(_, c)| of(c)).collect::<Vec<_>>();
    let smalls = |of: fn(&Clock) -> i32| clocks.iter().map(|(_, c)| small(of(c))).collect::<Vec<_>>();
    // A clock that did not change is not written, which saves a dead row version.
    sqlx::query(
        "insert into watch_clock as c (id, order_id, round, assignment, run, kind, colour, due_at, fire_at, state,
                fired_at, done_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::smallint[], $7::smallint[],
                $8::timestamptz[], $9::timestamptz[], $10::text[], $11::timestamptz[], $12::timestamptz[])
             on conflict (id) do update
                set state = excluded.state, fired_at = excluded.fired_at, done_at = excluded.done_at
              where (c.state, c.fired_at, c.done_at)
                    is distinct from (excluded.state, excluded.fired_at, excluded.done_at)",
    )
    .bind(clocks.iter().map(|(_, c)| c.id).collect::<Vec<_>>())
    .bind(clocks.iter().map(|(order, _)| *order).collect::<Vec<_>>())
    .bind(column(|c| int(c.round)))
    .bind(column(|c| int(c.assignment)))
    .bind(column(|c| int(c.run)))
    .bind(smalls(|c| c.kind))
    .bind(smalls(|c| c.colour.into()))
    .bind(clocks.iter().map(|(_, c)| c.due_at).collect::<Vec<_>>())
    .bind(clocks.iter().map(|(_, c)| c.fire_at()).collect::<Vec<_>>())
    .bind(clocks.iter().map(|(_, c)| name(&c.state)).collect::<Vec<_>>())
    .bind(clocks.iter().map(|(_, c)| fired_at(&c.state)).collect::<Vec<_>>())
    .bind(clocks.iter().map(|(_, c)| done_at(&c.state)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

async fn save_cards(conn: &mut PgConnection, clocks: &[(Uuid, &Clock)]) -> Result<(), StoreError> {
    let cards: Vec<(Uuid, Uuid, &Card)> = clocks
        .iter()
        .filter_map(|(order, clock)| match &clock.state {
            State::Fired { card, .. } => Some((*order, clock.id, card)),
            State::Open | State::Stopped { .. } => None,
        })
        .collect();
    if cards.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into card as k (id, clock_id, order_id, unit, top_unit, issued_at, withdrawn_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
                $7::timestamptz[])
             on conflict (id) do update set withdrawn_at = excluded.withdrawn_at
              where k.withdrawn_at is distinct from excluded.withdrawn_at",
    )
    .bind(cards.iter().map(|(_, _, k)| k.id).collect::<Vec<_>>())
    .bind(cards.iter().map(|(_, clock, _)| *clock).collect::<Vec<_>>())
    .bind(cards.iter().map(|(order, _, _)| *order).collect::<Vec<_>>())
    .bind(cards.iter().map(|(_, _, k)| k.unit.code.clone()).collect::<Vec<_>>())
    .bind(cards.iter().map(|(_, _, k)| k.unit.top.clone()).collect::<Vec<_>>())
    .bind(cards.iter().map(|(_, _, k)| k.issued_at).collect::<Vec<_>>())
    .bind(cards.iter().map(|(_, _, k)| k.withdrawn_at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

fn name(state: &State) -> &'static str {
    match state {
        State::Open => "open",
        State::Stopped { .. } => "stopped",
        State::Fired { .. } => "fired",
    }
}

fn fired_at(state: &State) -> Option<DateTime<Utc>> {
    match state {
        State::Fired { card, .. } => Some(card.issued_at),
        State::Open | State::Stopped { .. } => None,
    }
}

fn done_at(state: &State) -> Option<DateTime<Utc>> {
    match state {
        State::Open => None,
        State::Stopped { done_at } => Some(*done_at),
        State::Fired { done_at, .. } => *done_at,
    }
}

/// The database is not trusted: a row that no transition could have written is an error.
impl TryFrom<OrderRow> for WatchedOrder {
    type Error = StoreError;

    fn try_from(row: OrderRow) -> Result<Self, StoreError> {
        const TABLE: &str = "watched_order";
        let unit = match (row.lead_unit, row.lead_top_unit) {
            (Some(code), Some(top)) => Some(Unit { code, top }),
            (None, None) => None,
            _ => {
                return Err(impossible(
                    TABLE,
                    format!("{} has only one of lead_unit and lead_top_unit", row.id),
                ));
            }
        };
        Ok(Self {
            id: row.id,
            number: row.number,
            partition: fits(TABLE, "partition", row.partition)?,
            version: fits(TABLE, "version", row.version)?,
            state: row.state.into(),
            round: fits(TABLE, "round", row.round)?,
            assignment: fits(TABLE, "assignment", row.assignment)?,
            unit,
            accused: row.accused_units.split_whitespace().map(str::to_owned).collect(),
            reply_id: row.reply_id,
            told: fits(TABLE, "told", row.told)?,
            last_at: row.last_at,
        })
    }
}

impl TryFrom<ClockRow> for Clock {
    type Error = StoreError;

    fn try_from(row: ClockRow) -> Result<Self, StoreError> {
        const TABLE: &str = "watch_clock";
        let card = match (row.card_id, row.unit, row.top_unit, row.issued_at) {
            (Some(id), Some(code), Some(top), Some(issued_at)) => Some(Card {
                id,
                unit: Unit { code, top },
                issued_at,
                withdrawn_at: row.withdrawn_at,
            }),
            _ => None,
        };
        let state = match (row.state.as_str(), card, row.done_at) {
            ("open", None, None) => State::Open,
            ("stopped", None, Some(done_at)) => State::Stopped { done_at },
            ("fired", Some(card), done_at) => State::Fired { card, done_at },
            (state, card, _) => {
                let card = if card.is_some() { "a" } else { "no" };
                return Err(impossible(TABLE, format!("{} is {state} with {card} card", row.id)));
            }
        };
        Ok(Self {
            id: row.id,
            round: fits(TABLE, "round", row.round)?,
            assignment: fits(TABLE, "assignment", row.assignment)?,
            run: fits(TABLE, "run", row.run)?,
            kind: row.kind.into(),
            colour: known(TABLE, "colour", row.colour)?,
            due_at: row.due_at,
            state,
        })
    }
}
