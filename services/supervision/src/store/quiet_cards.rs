//! Cards that were given or taken back without being told, while a restored database is realigned.

use platform::rows::one;
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::clock::{Card, Told};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The card.
    pub card: Uuid,
    /// Taken back; else given.
    pub withdrawn: bool,
}

impl Quiet {
    /// What would have been told.
    #[must_use]
    pub fn of(told: &Told) -> Self {
        let (card, withdrawn) = match told {
            Told::CardIssued { card, .. } => (card.id, false),
            Told::CardWithdrawn { card, .. } => (card.id, true),
        };
        Self { card, withdrawn }
    }

    const fn what(self) -> &'static str {
        if self.withdrawn { "withdrawn" } else { "issued" }
    }
}

/// Notes them; the cards stand.
///
/// # Errors
/// When the database refuses.
pub async fn note(conn: &mut PgConnection, quiet: &[Quiet]) -> Result<(), StoreError> {
    if quiet.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into quiet_card (card_id, what) select * from unnest($1::uuid[], $2::text[]) on conflict do nothing",
    )
    .bind(quiet.iter().map(|q| q.card).collect::<Vec<_>>())
    .bind(quiet.iter().map(|q| q.what()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// It was told: takes it out, if it is there.
///
/// # Errors
/// When the database refuses.
pub async fn told(conn: &mut PgConnection, quiet: Quiet) -> Result<(), StoreError> {
    sqlx::query("delete from quiet_card where card_id = $1 and what = $2")
        .bind(quiet.card)
        .bind(quiet.what())
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes out what nobody has told, with the orders: given before taken back.
///
/// # Errors
/// When the database refuses.
pub async fn take(conn: &mut PgConnection) -> Result<Vec<(Uuid, Quiet)>, StoreError> {
    let rows: Vec<(Uuid, Uuid, String)> = sqlx::query_as(
        "with taken as (delete from quiet_card returning card_id, what)
         select k.order_id, t.card_id, t.what from taken as t join card as k on k.id = t.card_id
          order by k.order_id, k.issued_at, t.card_id, t.what",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(order, card, what)| {
            let withdrawn = what == "withdrawn";
            (order, Quiet { card, withdrawn })
        })
        .collect())
}

/// Writes a card as it is known to have been given, over how reading gave it.
///
/// # Errors
/// [`StoreError::Impossible`] when it is not there.
pub async fn restate(conn: &mut PgConnection, card: &Card) -> Result<(), StoreError> {
    let done = sqlx::query("update card set unit = $2, issued_at = $3, withdrawn_at = $4 where id = $1")
        .bind(card.id)
        .bind(&card.unit.code)
        .bind(card.issued_at)
        .bind(card.withdrawn_at)
        .execute(conn)
        .await?;
    one("card", card.id, done.rows_affected())
}
