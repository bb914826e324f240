//! Receipts of appeals that a platform has pushed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::appeals::defects;
use super::seats::Columns;
use crate::domain::push::{Known, Receipt};

/// The numbers of these that a platform has pushed before, with their receipts.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no registration could have written.
pub async fn pushed(
    conn: &mut PgConnection,
    platform: &str,
    numbers: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct PushedRow {
        upstream_number: String,
        upstream_hash: Vec<u8>,
        id: Uuid,
        number: String,
        received_at: DateTime<Utc>,
        defects: Vec<i16>,
        #[sqlx(flatten)]
        seat: Columns,
    }
    let rows: Vec<PushedRow> = sqlx::query_as(
        "select upstream_number, upstream_hash, id, number, received_at, defects, seat, deputy, deputy_level,
                leader_day_id
           from appeal where platform = $1 and upstream_number = any($2)",
    )
    .bind(platform)
    .bind(numbers)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let seating = row.seat.seating(row.id)?;
            let receipt = Receipt {
                appeal: row.id,
                number: row.number,
                received_at: row.received_at,
                defects: defects(&row.defects)?,
                seat: seating.seat(),
                deputy_level: seating.deputy_level(),
            };
            let known = Known {
                hash: row.upstream_hash,
                receipt,
            };
            Ok((row.upstream_number, known))
        })
        .collect()
}
