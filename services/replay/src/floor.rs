//! The floor of a play: how long a bare program takes to write as many rows of the same width into the same Postgres.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hosting::{Failure, Name, Suite};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Rows of one insert.
const ROWS: u64 = 1_000;
/// Longest row that is written; a longer one would be compressed and moved out of its page.
const MOST_WIDTH: u64 = 1_800;

/// What was written, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Rows of all tables of all services.
    pub rows: u64,
    /// Average width of a row, in bytes.
    pub width: u64,
    /// Time of the bare program.
    pub time: Duration,
}

/// Counts the rows of all services, writes as many of their average width into a table of a database of its own, and
/// drops that.
///
/// # Errors
/// A database that does not answer.
pub async fn floor(suite: &Suite, admin_url: &str) -> Result<Floor, Failure> {
    let told = |error: sqlx::Error| Failure(format!("the floor could not be measured: {error}"));
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    for name in Name::ALL {
        let (own_rows, own_bytes) = written(suite, name).await.map_err(told)?;
        rows += own_rows;
        bytes += own_bytes;
    }
    let width = (bytes / rows.max(1)).clamp(32, MOST_WIDTH);
    let mut connection = PgConnection::connect(admin_url).await.map_err(told)?;
    sqlx::raw_sql("create table floor (id bigint primary key, content text not null)")
        .execute(&mut connection)
        .await
        .map_err(told)?;
    let began = Instant::now();
    let mut next = 0;
    while next < rows {
        let last = (next + ROWS).min(rows);
        sqlx::raw_sql(AssertSqlSafe(insert(next, last, width)))
            .execute(&mut connection)
            .await
            .map_err(told)?;
        next = last;
    }
    let time = began.elapsed();
    sqlx::raw_sql("drop table floor")
        .execute(&mut connection)
        .await
        .map_err(told)?;
    connection.close().await.map_err(told)?;
    Ok(Floor { rows, width, time })
}

/// Rows inserted into a database, and the bytes of its tables without indexes.
async fn written(suite: &Suite, name: Name) -> Result<(u64, u64), sqlx::Error> {
    let (rows, bytes): (i64, i64) = sqlx::query_as(
        "select coalesce(sum(n_tup_ins), 0)::bigint, coalesce(sum(pg_table_size(relid)), 0)::bigint
           from pg_stat_user_tables",
    )
    .fetch_one(suite.pool(name))
    .await?;
    Ok((rows.unsigned_abs(), bytes.unsigned_abs()))
}

/// Rows with contents that do not compress to nothing.
fn insert(from: u64, to: u64, width: u64) -> String {
    let width = usize::try_from(width).unwrap_or_default();
    let mut statement = String::from("insert into floor values ");
    for id in from..to {
        let mut content = String::with_capacity(width + 16);
        let mut word = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        while content.len() < width {
            word = word.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let _ = write!(content, "{word:016x}");
        }
        content.truncate(width);
        let _ = write!(statement, "{}({id},'{content}')", if id == from { "" } else { "," });
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_has_its_rows_in_their_width() {
        let statement = insert(7, 9, 40);
        assert!(statement.starts_with("insert into floor values (7,'"), "{statement}");
        assert_eq!(statement.matches("),(").count(), 1);
        assert_eq!(statement.split('\'').nth(1).map(str::len), Some(40));
    }
}
