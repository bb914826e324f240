//! The SQL of the load: the catalogue, reading of whole tables, and COPY in binary form.

pub mod sample;
pub mod target;

use futures::TryStreamExt as _;
use personal::sealing::Sealed;
use platform::store::StoreError;
use sqlx::{AssertSqlSafe, Encode as _, PgConnection, Postgres};
use uuid::Uuid;

use crate::rules::{SUMMED_ONCE, SealedFor, Table};

/// Head of a binary COPY: signature, flags and length of the extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// End of a binary COPY.
const END: [u8; 2] = (-1_i16).to_be_bytes();

/// What the contents of a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An id.
    Id,
    /// An array of ids.
    Ids,
    /// Bytes.
    Bytes,
    /// Text or an array of texts.
    Text,
    /// An integer of eight bytes.
    Bigint,
    /// Anything else: it names nothing.
    Other,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its contents.
    pub kind: Kind,
}

impl Column {
    /// Whether copies multiply it, in a table of sums.
    #[must_use]
    pub fn is_sum(&self) -> bool {
        self.kind == Kind::Bigint && !SUMMED_ONCE.contains(&self.name.as_str())
    }
}

/// A row in the form of a binary COPY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuple {
    /// Number of fields, then length and content of each.
    pub bytes: Vec<u8>,
    /// Range of each field's content; `None` for null.
    pub fields: Vec<Option<std::ops::Range<usize>>>,
}

impl Tuple {
    /// Content of a field; empty for null.
    #[must_use]
    pub fn field(&self, at: usize) -> &[u8] {
        self.fields[at].clone().map_or(&[], |range| &self.bytes[range])
    }

    /// The id in a field.
    #[must_use]
    pub fn id(&self, at: usize) -> Option<Uuid> {
        Uuid::from_slice(self.field(at)).ok()
    }
}

/// Names of the tables of a database, without those of migrations.
///
/// # Errors
/// Errors of the database.
pub async fn table_names(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "select relname::text from pg_class
          where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '^_' order by relname",
    )
    .fetch_all(conn)
    .await?)
}

/// Columns of a table, in their order.
///
/// # Errors
/// Errors of the database.
pub async fn columns(conn: &mut PgConnection, table: &str) -> Result<Vec<Column>, StoreError> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "select attname::text, format_type(atttypid, null) from pg_attribute
          where attrelid = ('public.' || quote_ident($1))::regclass and attnum > 0 and not attisdropped
          order by attnum",
    )
    .bind(table)
    .fetch_all(conn)
    .await?;
    let column = |(name, kind): (String, String)| {
        let kind = match kind.as_str() {
            "uuid" => Kind::Id,
            "uuid[]" => Kind::Ids,
            "bytea" => Kind::Bytes,
            "text" | "text[]" => Kind::Text,
            "bigint" => Kind::Bigint,
            _ => Kind::Other,
        };
        Column { name, kind }
    };
    Ok(found.into_iter().map(column).collect())
}

/// Column names for a statement.
#[must_use]
pub fn listed(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    names.join(", ")
}

/// All rows of a table; those of the log by position.
///
/// # Errors
/// Errors of the database, or a malformed COPY.
pub async fn read(conn: &mut PgConnection, table: &str, columns: &[Column]) -> Result<Vec<Tuple>, StoreError> {
    let order = if table == "log" {
        " order by partition, position"
    } else {
        ""
    };
    let statement = format!(
        "copy (select {} from public.\"{table}\"{order}) to stdout (format binary)",
        listed(columns)
    );
    let mut whole = Vec::new();
    {
        let mut stream = conn.copy_out_raw(&statement).await?;
        while let Some(part) = stream.try_next().await? {
            whole.extend_from_slice(&part);
        }
    }
    tuples(&whole).ok_or_else(|| StoreError::Impossible {
        table: "pg_class",
        detail: format!("the COPY of {table} is malformed"),
    })
}

fn tuples(whole: &[u8]) -> Option<Vec<Tuple>> {
    let mut rest = whole.strip_prefix(HEAD)?;
    let mut found = Vec::new();
    loop {
        let count = i16::from_be_bytes(*rest.first_chunk()?);
        if count < 0 {
            return Some(found);
        }
        let (mut at, mut fields) = (2, Vec::new());
        for _ in 0..count {
            let length = i32::from_be_bytes(*rest.get(at..)?.first_chunk()?);
            at += 4;
            match usize::try_from(length) {
                Ok(length) => {
                    fields.push(Some(at..at + length));
                    at += length;
                }
                Err(_) => fields.push(None),
            }
        }
        let (bytes, after) = rest.split_at_checked(at)?;
        found.push(Tuple {
            bytes: bytes.to_vec(),
            fields,
        });
        rest = after;
    }
}

/// Sealed cells of a column, each with the id that it is bound to.
///
/// # Errors
/// Errors of the database.
pub async fn cells(conn: &mut PgConnection, table: &Table, column: &str) -> Result<Vec<(Uuid, Sealed)>, StoreError> {
    let name = table.name;
    match table.sealed_for {
        SealedFor::Id => {
            let statement = format!("select id, \"{column}\" from public.\"{name}\" where \"{column}\" is not null");
            Ok(sqlx::query_as(AssertSqlSafe(statement)).fetch_all(conn).await?)
        }
        SealedFor::Attempt => {
            let statement = format!("select task_id, number, \"{column}\" from {name} where \"{column}\" is not null");
            let rows: Vec<(Uuid, i32, Sealed)> = sqlx::query_as(AssertSqlSafe(statement)).fetch_all(conn).await?;
            let bound = |(task, number, sealed)| (attempt_row(task, number), sealed);
            Ok(rows.into_iter().map(bound).collect())
        }
    }
}

/// Id that the cells of an attempt are bound to, as `callback::store::attempts::recording_cell` derives it.
#[must_use]
pub fn attempt_row(task: Uuid, number: i32) -> Uuid {
    platform::ids::derived_id(task, &format!("attempt/{number}"))
}

/// The bytes of a sealed cell, as the database gets them.
///
/// # Panics
/// Never: bytes can always be encoded.
#[must_use]
pub fn cell_bytes(sealed: &Sealed) -> Vec<u8> {
    let mut buffer = <Postgres as sqlx::Database>::ArgumentBuffer::default();
    sealed.encode_by_ref(&mut buffer).map(|_| ()).unwrap_or_default();
    buffer.to_vec()
}

/// A running COPY into a table.
pub struct Writing<'c> {
    copy: sqlx::postgres::PgCopyIn<&'c mut PgConnection>,
}

impl<'c> Writing<'c> {
    /// Begins.
    ///
    /// # Errors
    /// Errors of the database.
    pub async fn begin(conn: &'c mut PgConnection, table: &str, columns: &[Column]) -> Result<Self, StoreError> {
        let statement = format!(
            "copy public.\"{table}\" ({}) from stdin (format binary)",
            listed(columns)
        );
        let mut copy = conn.copy_in_raw(&statement).await?;
        copy.send(HEAD).await?;
        Ok(Self { copy })
    }

    /// Sends encoded rows.
    ///
    /// # Errors
    /// Errors of the database.
    pub async fn send(&mut self, rows: &[u8]) -> Result<(), StoreError> {
        self.copy.send(rows).await?;
        Ok(())
    }

    /// Ends, and returns the rows written.
    ///
    /// # Errors
    /// Errors of the database: a constraint that a row breaks.
    pub async fn end(mut self) -> Result<u64, StoreError> {
        self.copy.send(&END[..]).await?;
        Ok(self.copy.finish().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_copy_is_read_field_by_field() {
        let mut whole = HEAD.to_vec();
        let row = [&[0, 3, 0, 0, 0, 2][..], b"ab", &[0xFF; 4], &[0, 0, 0, 0]].concat();
        whole.extend_from_slice(&row);
        whole.extend_from_slice(&END);
        let found = tuples(&whole).expect("whole");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bytes, row);
        assert_eq!(found[0].fields, [Some(6..8), None, Some(16..16)]);
        assert_eq!((found[0].field(0), found[0].field(1)), (&b"ab"[..], &b""[..]));
        assert_eq!(tuples(&whole[..whole.len() - 1]), None, "cut off");
    }
}
