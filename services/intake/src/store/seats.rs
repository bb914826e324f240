//! Seats of appeals: the columns of an appeal, and the look-up in the registers.

use std::collections::HashMap;

use chrono::NaiveDate;
use hotline_proto::common::{DeputyLevel, Seat};
use platform::rows::{impossible, known, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::seat::{Claim, Recognised, Register, Seating};

/// The seat of an appeal as columns. Columns of other seats are null.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Columns {
    pub(super) seat: Option<i16>,
    pub(super) deputy: Option<String>,
    pub(super) deputy_level: Option<i16>,
    pub(super) leader_day_id: Option<Uuid>,
}

impl Columns {
    /// The columns of a seat.
    pub(super) fn of(seating: &Seating) -> Self {
        let seat = match seating.seat() {
            Seat::Unspecified => None,
            seat => Some(small(seat.into())),
        };
        Self {
            seat,
            deputy: seating.deputy().map(|deputy| deputy.code.clone()),
            deputy_level: seating.deputy().map(|deputy| small(deputy.level.into())),
            leader_day_id: seating.leader_day(),
        }
    }

    /// The seat of the appeal `id`.
    ///
    /// # Errors
    /// [`StoreError::Impossible`] when a fact of another seat is there, or half a deputy.
    pub(super) fn seating(&self, id: Uuid) -> Result<Seating, StoreError> {
        let other = || impossible("appeal", format!("{id} is at a seat with other facts than its own"));
        self.whole().ok_or_else(other)
    }

    fn whole(&self) -> Option<Seating> {
        let deputy = match (&self.deputy, self.deputy_level) {
            (None, None) => None,
            (Some(code), Some(level)) => Some(Recognised {
                code: code.clone(),
                level: known::<DeputyLevel>("appeal", "deputy_level", level).ok()?,
            }),
            _ => return None,
        };
        let seat = self.seat.map(|seat| known::<Seat>("appeal", "seat", seat)).transpose();
        let seating = match seat.ok()?.unwrap_or(Seat::Unspecified) {
            Seat::Unspecified => Seating::Ordinary,
            Seat::Deputies => Seating::Deputies(deputy),
            Seat::EnterpriseLine => Seating::EnterpriseLine,
            Seat::LeaderDay => Seating::LeaderDay(self.leader_day_id),
        };
        (Self::of(&seating) == *self).then_some(seating)
    }
}

/// What the registers in force on `today` know of a batch: one statement for deputies, and one for leader days when an
/// appeal claims one. `numbers` are keyed hashes of the appellants' telephone numbers. A leader day that is found cannot
/// be cancelled until the transaction ends.
///
/// # Errors
/// [`StoreError::Impossible`] for a deputy of an unknown level.
pub async fn register(
    conn: &mut PgConnection,
    numbers: &[Vec<u8>],
    claims: &[&Claim],
    today: NaiveDate,
) -> Result<Register, StoreError> {
    let mut register = Register::default();
    let codes: Vec<&str> = claims.iter().filter_map(|claim| code(claim)).collect();
    if !numbers.is_empty() || !codes.is_empty() {
        (register.by_number, register.by_code) = deputies(conn, numbers, &codes, today).await?;
    }
    let days: Vec<Option<Uuid>> = claims.iter().filter_map(|claim| day(claim)).collect();
    if !days.is_empty() {
        let named: Vec<Uuid> = days.iter().copied().flatten().collect();
        let today = days.contains(&None).then_some(today);
        let found: Vec<(Uuid, NaiveDate)> = sqlx::query_as(
            "select id, day from leader_day where cancelled_at is null and (id = any($1) or day = $2)
              order by id for share",
        )
        .bind(named)
        .bind(today)
        .fetch_all(conn)
        .await?;
        register.today = found.iter().find(|(_, day)| today == Some(*day)).map(|(id, _)| *id);
        register.days = found.into_iter().map(|(id, _)| id).collect();
    }
    Ok(register)
}

fn code(claim: &Claim) -> Option<&str> {
    match claim {
        Claim::Deputies { deputy } => deputy.as_deref(),
        Claim::Ordinary | Claim::EnterpriseLine | Claim::LeaderDay { .. } => None,
    }
}

/// The leader day of a claim; the inner `None` is that of today.
#[expect(clippy::option_option, reason = "no claim, and the claim of today's, are different")]
fn day(claim: &Claim) -> Option<Option<Uuid>> {
    match claim {
        Claim::LeaderDay { day } => Some(*day),
        Claim::Ordinary | Claim::EnterpriseLine | Claim::Deputies { .. } => None,
    }
}

/// Deputies by hash of a number and by code, of the register in force and with a term that holds.
type Deputies = (HashMap<Vec<u8>, Recognised>, HashMap<String, Recognised>);

async fn deputies(
    conn: &mut PgConnection,
    numbers: &[Vec<u8>],
    codes: &[&str],
    today: NaiveDate,
) -> Result<Deputies, StoreError> {
    // A union of two index look-ups. An `or` over both would read the whole version.
    let rows: Vec<(String, i16, Vec<Vec<u8>>)> = sqlx::query_as(
        "with in_force as (
             select version from register_version where register = 'deputies' and valid_from <= $1
              order by valid_from desc, version desc limit 1)
         select code, level, phone_hashes from deputy
           join in_force using (version)
           join (select id from deputy where phone_hashes && $2::bytea[]
                 union select id from deputy join in_force using (version) where code = any($3::text[])) as named
                using (id)
          where $1 between term_from and term_to
          order by code",
    )
    .bind(today)
    .bind(numbers)
    .bind(codes)
    .fetch_all(conn)
    .await?;
    let (mut by_number, mut by_code) = (HashMap::new(), HashMap::new());
    for (code, level, hashes) in rows {
        let level = known("deputy", "level", level)?;
        let deputy = Recognised { code, level };
        by_number.extend(hashes.into_iter().map(|hash| (hash, deputy.clone())));
        by_code.insert(deputy.code.clone(), deputy);
    }
    Ok((by_number, by_code))
}
