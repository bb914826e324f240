//! New appeals as rows, in one statement for any number of them.

use hotline_proto::common::Defect;
use platform::rows::{big, fits, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cells::SealedPersonal;
use super::seats::Columns;
use crate::domain::appeal::{Appeal, Upstream};

/// A new appeal.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The appeal, in its first state.
    pub appeal: Appeal,
    /// Sealed personal fields.
    pub personal: SealedPersonal,
    /// Keyed hash of the pushed content.
    pub upstream_hash: Option<Vec<u8>>,
}

/// Serials for the given count of numbers, each used once.
///
/// # Errors
/// Errors of the database.
pub async fn serials(conn: &mut PgConnection, count: usize) -> Result<Vec<u64>, StoreError> {
    let drawn: Vec<i64> =
        sqlx::query_scalar("select nextval('appeal_serial') % 1000000 from generate_series(1::bigint, $1)")
            .bind(i64::try_from(count).expect("a batch is small"))
            .fetch_all(conn)
            .await?;
    drawn
        .into_iter()
        .map(|serial| fits("appeal_serial", "serial", serial))
        .collect()
}

/// Writes appeals in one statement and returns their ids. An appeal whose platform and upstream number are stored
/// already is left out. The statement waits for another transaction that is writing the same number.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, fresh: &[Fresh]) -> Result<Vec<Uuid>, StoreError> {
    let written = sqlx::query_scalar(include_str!("fresh/insert.sql"))
        .bind(column(fresh, |one| one.appeal.id.0))
        .bind(column(fresh, |one| one.appeal.number.as_str()))
        .bind(column(fresh, |one| one.appeal.codes.channel.as_str()))
        .bind(column(fresh, |one| small(one.appeal.codes.kind.into())))
        .bind(column(fresh, |one| one.appeal.codes.category.as_str()))
        .bind(column(fresh, |one| one.appeal.codes.region.as_str()))
        .bind(column(fresh, |one| small(one.appeal.codes.urgency.into())))
        // A tag is a code and has no comma.
        .bind(column(fresh, |one| one.appeal.codes.tags.join(",")))
        .bind(column(fresh, |one| one.appeal.codes.anonymous))
        .bind(column(fresh, |one| one.appeal.codes.confidential))
        .bind(column(fresh, |one| one.appeal.codes.accused_unit.as_deref()))
        .bind(column(fresh, |one| numbers(&one.appeal.codes.defects)))
        .bind(column(fresh, |one| big(one.appeal.reference)))
        .bind(column(fresh, |one| one.appeal.call))
        .bind(column(fresh, |one| one.appeal.received_at))
        .bind(column(fresh, |one| one.appeal.source_at))
        .bind(column(fresh, |one| one.appeal.person_key.map(Vec::from)))
        .bind(column(fresh, |one| one.personal.name.as_ref()))
        .bind(column(fresh, |one| one.personal.phone.as_ref()))
        .bind(column(fresh, |one| hashes(&one.personal.phone_hashes)))
        .bind(column(fresh, |one| one.personal.id_number.as_ref()))
        .bind(column(fresh, |one| one.personal.document_kind.as_ref()))
        .bind(column(fresh, |one| one.personal.address.as_ref()))
        .bind(column(fresh, |one| &one.personal.title))
        .bind(column(fresh, |one| &one.personal.content))
        .bind(column(fresh, |one| one.personal.place.as_ref()))
        .bind(column(fresh, |one| upstream(one).map(|from| from.platform.as_str())))
        .bind(column(fresh, |one| upstream(one).map(|from| from.number.as_str())))
        .bind(column(fresh, |one| one.upstream_hash.as_deref()))
        .bind(column(fresh, |one| upstream(one).and_then(|from| from.due_at)))
        .bind(column(fresh, |one| Columns::of(&one.appeal.seating).seat))
        .bind(column(fresh, |one| Columns::of(&one.appeal.seating).deputy))
        .bind(column(fresh, |one| Columns::of(&one.appeal.seating).deputy_level))
        .bind(column(fresh, |one| one.appeal.seating.leader_day()))
        .bind(column(fresh, |one| one.appeal.codes.complex))
        .fetch_all(conn)
        .await?;
    Ok(written)
}

/// One array per column, for `unnest`.
fn column<'f, T>(fresh: &'f [Fresh], of: impl Fn(&'f Fresh) -> T) -> Vec<T> {
    fresh.iter().map(of).collect()
}

fn upstream(fresh: &Fresh) -> Option<&Upstream> {
    fresh.appeal.upstream.as_ref()
}

/// Hashes as text of an array. `unnest` cannot split an array of arrays by rows.
pub(super) fn hashes(hashes: &[Vec<u8>]) -> String {
    let hex = |hash: &Vec<u8>| {
        hash.iter()
            .fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    };
    let written: Vec<String> = hashes.iter().map(hex).collect();
    written.join(",")
}

/// Numbers of defects as text of an array.
fn numbers(defects: &[Defect]) -> String {
    let written: Vec<String> = defects.iter().map(|defect| i32::from(*defect).to_string()).collect();
    written.join(",")
}
