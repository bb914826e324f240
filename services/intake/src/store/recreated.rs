//! Appeals that were re-created from events: marked, and completed once somebody has supplied what was lost.

use chrono::{DateTime, Utc};
use platform::rows::big;
use platform::sealing::Sealed;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cells::SealedPersonal;

/// Marks an appeal as re-created: placeholders stand for its texts.
///
/// # Errors
/// When the database refuses.
pub async fn mark(conn: &mut PgConnection, appeal: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    sqlx::query("update appeal set recreated_at = $2 where id = $1")
        .bind(appeal)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// What a platform supplied for a re-created appeal.
#[derive(Clone, Debug)]
pub struct Supplied {
    /// The appeal.
    pub appeal: Uuid,
    /// Who and what.
    pub personal: SealedPersonal,
    /// Keyed hash of what was pushed: from now on other content is refused.
    pub upstream_hash: Vec<u8>,
}

/// Completes re-created appeals in one statement, in the order of their ids. What stands already is not touched.
///
/// # Errors
/// When the database refuses.
pub async fn complete(conn: &mut PgConnection, supplied: &[Supplied], now: DateTime<Utc>) -> Result<(), StoreError> {
    let cells =
        |of: fn(&SealedPersonal) -> Option<Sealed>| supplied.iter().map(|s| of(&s.personal)).collect::<Vec<_>>();
    sqlx::query(
        "with waits as (
            select id from appeal where id = any($1) and recreated_at is not null and completed_at is null
             order by id for update)
         update appeal as a
            set name = coalesce(t.name, a.name), phone = coalesce(t.phone, a.phone),
                phone_hash = coalesce(t.phone_hash, a.phone_hash), id_number = t.id_number, address = t.address,
                title = t.title, content = t.content, place = t.place, upstream_hash = t.hash, completed_at = $11
           from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[],
                       $8::bytea[], $9::bytea[], $10::bytea[])
                as t (id, name, phone, phone_hash, id_number, address, title, content, place, hash)
           join waits using (id)
          where a.id = t.id",
    )
    .bind(supplied.iter().map(|s| s.appeal).collect::<Vec<_>>())
    .bind(cells(|p| p.name.clone()))
    .bind(cells(|p| p.phone.clone()))
    .bind(
        supplied
            .iter()
            .map(|s| s.personal.phone_hash.clone())
            .collect::<Vec<_>>(),
    )
    .bind(cells(|p| p.id_number.clone()))
    .bind(cells(|p| p.address.clone()))
    .bind(cells(|p| Some(p.title.clone())))
    .bind(cells(|p| Some(p.content.clone())))
    .bind(cells(|p| p.place.clone()))
    .bind(supplied.iter().map(|s| s.upstream_hash.clone()).collect::<Vec<_>>())
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves the serials on to one that a re-created appeal has, so that it is not given again: step by step, for setting a
/// sequence is its owner's right. One that is behind has been passed.
///
/// # Errors
/// When the database refuses.
pub async fn pass_serial(conn: &mut PgConnection, serial: u64) -> Result<(), StoreError> {
    sqlx::query(
        "with last as (
            select case when is_called then last_value else last_value - 1 end as value from appeal_serial
         ), ahead as (
            select ($1::bigint % 1000000 - value % 1000000 + 1000000) % 1000000 as steps from last
         )
         select count(nextval('appeal_serial'))
           from generate_series(1, (select case when steps < 500000 then steps else 0 end from ahead))",
    )
    .bind(big(serial))
    .execute(conn)
    .await?;
    Ok(())
}

/// Lifts the newest version of the reference data to one that others know: the next publication comes after it.
///
/// # Errors
/// When the database refuses.
pub async fn lift_reference(conn: &mut PgConnection, version: u64) -> Result<(), StoreError> {
    sqlx::query("update reference_head set version = greatest(version, $1)")
        .bind(big(version))
        .execute(conn)
        .await?;
    Ok(())
}
