//! Roll-ups as rows. A row has a column for each measure; null is 0.
//!
//! The statements are put together from the names of the measures, which are constants of this program.

use std::borrow::Cow;

use chrono::NaiveDate;
use platform::rows::impossible;
use platform::store::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::domain::coded;
use crate::domain::contribution::{Counts, Key, Span};
use crate::domain::measure::{Dimension, Measure};
use crate::domain::sums::{Split, Sums, Wanted};
use crate::domain::window::Window;

/// Columns of the key, before those of the measures.
const KEY_COLUMNS: usize = 5;

/// Adds differences to roll-ups, in one statement and in the given order. That is the order of keys, so two batches
/// cannot deadlock.
///
/// # Errors
/// When the database fails.
pub async fn add(connection: &mut PgConnection, sorted: &[(Key, Counts)]) -> Result<(), StoreError> {
    let measures: Vec<Measure> = Measure::rolled_up().collect();
    let columns: Vec<String> = measures.iter().map(|measure| column(*measure)).collect();
    let arrays: Vec<String> = (1..=columns.len())
        .map(|at| format!("${}::bigint[]", KEY_COLUMNS + at))
        .collect();
    // A sum with null is null: then one of the two is the sum.
    let added: Vec<String> = columns
        .iter()
        .map(|one| format!("{one} = coalesce(rollup.{one} + excluded.{one}, rollup.{one}, excluded.{one})"))
        .collect();
    let statement = format!(
        "insert into rollup (dimension, span, day, due_day, member, {})
         select * from unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::text[], {})
         on conflict (dimension, span, day, due_day, member) do update set {}",
        columns.join(", "),
        arrays.join(", "),
        added.join(", ")
    );
    let keys = || sorted.iter().map(|(key, _)| key);
    let mut query = sqlx::query(AssertSqlSafe(statement))
        .bind(keys().map(|key| key.dimension.name()).collect::<Vec<_>>())
        .bind(keys().map(|key| key.span.name()).collect::<Vec<_>>())
        .bind(keys().map(|key| key.day).collect::<Vec<_>>())
        .bind(keys().map(|key| key.due_day).collect::<Vec<_>>())
        .bind(keys().map(stored).collect::<Vec<_>>());
    for measure in measures {
        let values = sorted.iter().map(|(_, counts)| counts.of(measure));
        query = query.bind(
            values
                .map(|value| Some(value).filter(|value| *value != 0))
                .collect::<Vec<_>>(),
        );
    }
    query.execute(connection).await?;
    Ok(())
}

/// Sums over a window of the wanted roll-ups that count for an `as_of` on this day, in at most four statements. The
/// cost grows with the months of the window only.
///
/// # Errors
/// When the database fails, or a row is impossible.
pub async fn sums(
    connection: &mut PgConnection,
    window: Window,
    as_of_day: NaiveDate,
    wanted: &Wanted,
) -> Result<Sums, StoreError> {
    let mut sums = Sums::default();
    for (kind, split) in wanted.parts() {
        let due = if kind.due {
            "due_day > '0001-01-01' and due_day < $5::date"
        } else {
            "due_day = '0001-01-01' and $5::date is not null"
        };
        sum(connection, window, as_of_day, split, due, &mut sums).await?;
    }
    Ok(sums)
}

async fn sum(
    connection: &mut PgConnection,
    window: Window,
    as_of_day: NaiveDate,
    split: &Split,
    due: &str,
    sums: &mut Sums,
) -> Result<(), StoreError> {
    let columns: Vec<String> = split.measures.iter().map(|measure| column(*measure)).collect();
    let each: Vec<String> = columns
        .iter()
        .map(|one| format!("sum({one})::bigint as {one}"))
        .collect();
    // Aggregation within the join keeps one index scan for each dimension and stretch.
    let statement = format!(
        "select part.dimension, sums.*
           from unnest($1::text[], $2::text[], $3::date[], $4::date[]) as part (dimension, span, first, last)
          cross join lateral (
                select member, {} from rollup
                 where rollup.dimension = part.dimension and rollup.span = part.span
                   and rollup.day between part.first and part.last and {due}
                 group by member) as sums",
        each.join(", ")
    );
    let stretches = window.stretches();
    let parts: Vec<_> = split
        .dimensions
        .iter()
        .flat_map(|dimension| stretches.iter().map(move |stretch| (dimension, stretch)))
        .collect();
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(parts.iter().map(|(dimension, _)| dimension.name()).collect::<Vec<_>>())
        .bind(parts.iter().map(|(_, stretch)| stretch.span.name()).collect::<Vec<_>>())
        .bind(parts.iter().map(|(_, stretch)| stretch.from).collect::<Vec<_>>())
        .bind(parts.iter().map(|(_, stretch)| stretch.to).collect::<Vec<_>>())
        .bind(as_of_day)
        .fetch_all(connection)
        .await?;
    for row in rows {
        let dimension = read_dimension(row.try_get(0)?)?;
        let member = named(dimension, row.try_get(1)?);
        // After the dimension and the member.
        for (at, measure) in (2..).zip(&split.measures) {
            if let Some(value) = row.try_get::<Option<i64>, _>(at)? {
                sums.add(dimension, &member, *measure, value);
            }
        }
    }
    Ok(())
}

/// The roll-ups of the days of one month, from its first day on, and of the month itself.
///
/// # Errors
/// As [`sums`].
pub async fn of_month(connection: &mut PgConnection, month: Window) -> Result<Vec<(Key, Counts)>, StoreError> {
    let measures: Vec<Measure> = Measure::rolled_up().collect();
    let columns: Vec<String> = measures.iter().map(|measure| column(*measure)).collect();
    // All dimensions and spans are named, so that the key's index finds the days.
    let statement = format!(
        "select dimension, span, day, due_day, member, {} from rollup
          where dimension = any($1::text[]) and span = any($2::text[]) and day between $3 and $4",
        columns.join(", ")
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(Dimension::ALL.iter().map(|one| one.name()).collect::<Vec<_>>())
        .bind(Span::ALL.map(Span::name).to_vec())
        .bind(month.from)
        .bind(month.to)
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| read(row, &measures)).collect()
}

/// First and last day of all roll-ups; none without any.
///
/// # Errors
/// When the database fails.
pub async fn extent(connection: &mut PgConnection) -> Result<Option<Window>, StoreError> {
    let (from, to): (Option<NaiveDate>, Option<NaiveDate>) = sqlx::query_as("select min(day), max(day) from rollup")
        .fetch_one(connection)
        .await?;
    Ok(from.zip(to).map(|(from, to)| Window { from, to }))
}

/// Reads a row with the columns of the key, then those of the measures.
fn read(row: &PgRow, measures: &[Measure]) -> Result<(Key, Counts), StoreError> {
    let dimension = read_dimension(row.try_get(0)?)?;
    let span: &str = row.try_get(1)?;
    let key = Key {
        dimension,
        span: Span::from_name(span).ok_or_else(|| unnamed(span))?,
        day: row.try_get(2)?,
        due_day: row.try_get(3)?,
        member: named(dimension, row.try_get(4)?),
    };
    let mut counts = Counts::default();
    for (at, measure) in (KEY_COLUMNS..).zip(measures) {
        let value: Option<i64> = row.try_get(at)?;
        counts.add(*measure, value.unwrap_or_default());
    }
    Ok((key, counts))
}

/// Version of the contribution functions that the roll-ups are sums of; none in a new database. The row is locked: of
/// several starting processes one recounts, and the roll-ups stay unchanged meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lock_version(connection: &mut PgConnection) -> Result<Option<i32>, StoreError> {
    sqlx::query("lock table contribution_version in share row exclusive mode")
        .execute(&mut *connection)
        .await?;
    let version = sqlx::query_scalar("select version from contribution_version for update")
        .fetch_optional(connection)
        .await?;
    Ok(version)
}

/// Locks the roll-ups at this version until the transaction ends.
///
/// # Errors
/// [`StoreError::Unready`] when they are sums of another version, as during a roll-out. The other program continues to
/// count.
pub async fn require_version(connection: &mut PgConnection, version: i32) -> Result<(), StoreError> {
    let found: Option<i32> = sqlx::query_scalar("select version from contribution_version for share")
        .fetch_optional(connection)
        .await?;
    match found {
        Some(found) if found == version => Ok(()),
        found => Err(StoreError::Unready(format!(
            "the roll-ups are counted by version {} of the contributions, this program counts by {version} and leaves \
             them alone",
            found.unwrap_or_default()
        ))),
    }
}

/// Stores the version.
///
/// # Errors
/// When the database fails.
pub async fn save_version(connection: &mut PgConnection, version: i32) -> Result<(), StoreError> {
    sqlx::query(
        "insert into contribution_version (id, version) values (true, $1)
         on conflict (id) do update set version = excluded.version",
    )
    .bind(version)
    .execute(connection)
    .await?;
    Ok(())
}

/// Empties the roll-ups for a recount. Facts and roll-ups are locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn clear(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(
        "lock table fact_call, fact_appeal, fact_leader_day, fact_account_message, fact_risk_notice, fact_ledger_entry,
                    fact_order, fact_callback, rollup
         in share row exclusive mode",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("delete from rollup").execute(connection).await?;
    Ok(())
}

/// The column of a measure.
fn column(measure: Measure) -> String {
    measure.name().replace('.', "_")
}

/// A coded member is stored by its number. The row stays the same when the program learns the name of that number.
fn stored(key: &Key) -> Cow<'_, str> {
    match coded::number(key.dimension, &key.member) {
        Some(number) => number.to_string().into(),
        None => key.member.as_str().into(),
    }
}

/// The member of a stored row.
fn named(dimension: Dimension, member: String) -> String {
    match member.parse() {
        Ok(number) if coded::is_coded(dimension) => coded::name(dimension, number),
        _ => member,
    }
}

fn read_dimension(name: &str) -> Result<Dimension, StoreError> {
    Dimension::from_name(name).ok_or_else(|| unnamed(name))
}

fn unnamed(name: &str) -> StoreError {
    impossible("rollup", format!("{name:?} is an unknown dimension or span"))
}
