//! Finds rows that break an invariant. The schema forbids most of them; the doctor checks them again.

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Most rows of a kind that are listed. An operator needs the first ones only.
const MOST: i64 = 100;

/// I5: clocks that fired and do not have exactly one card, or that have a card without having fired.
///
/// # Errors
/// When the database cannot be read.
pub async fn clocks_without_their_card(conn: &mut PgConnection) -> Result<Vec<(Uuid, String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "select c.id, c.state, count(k.id)
           from watch_clock c left join card k on k.clock_id = c.id
          group by c.id, c.state
         having count(k.id) <> case when c.state = 'fired' then 1 else 0 end
          order by c.id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// I5: several clocks of one colour and run that watch the same limit of the same order.
///
/// # Errors
/// When the database cannot be read.
pub async fn doubled_clocks(conn: &mut PgConnection) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "select order_id, count(*)
           from watch_clock group by order_id, round, assignment, kind, colour, run
         having count(*) > 1 order by order_id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// I5: standing cards of clocks whose watched work was done in time.
///
/// # Errors
/// When the database cannot be read.
pub async fn unjust_cards(conn: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar(
        "select k.id
           from card k join watch_clock c on c.id = k.clock_id
          where k.withdrawn_at is null and c.done_at <= c.due_at order by k.id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Risk notices that no sequence of issuing, feedback and verification leads to, and what is wrong with each.
///
/// # Errors
/// When the database cannot be read.
pub async fn broken_notices(conn: &mut PgConnection) -> Result<Vec<(Uuid, String)>, StoreError> {
    let rows = sqlx::query_as(include_str!("risks/broken.sql"))
        .bind(MOST)
        .fetch_all(conn)
        .await?;
    Ok(rows)
}
