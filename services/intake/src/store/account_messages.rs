//! Messages of accounts as rows. All their texts are sealed.

use chrono::{DateTime, Utc};
use hotline_proto::intake::AccountOutcome;
use personal::sealing::{Cell, SealKey, Sealed, Sealer};
use platform::rows::{big, fits, impossible, known, one, small};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::account::{AccountMessage, Resolved};

/// The sealed texts of a message.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Texts {
    /// Who wrote it.
    pub sender: Option<Sealed>,
    /// The message.
    pub text: Sealed,
    /// The answer.
    pub answer: Option<Sealed>,
}

impl Texts {
    /// Names of the cells that are set, for the record of a reading that opens them.
    #[must_use]
    pub fn cells(&self) -> Vec<&'static str> {
        let cells = [
            ("sender", self.sender.is_some()),
            ("text", true),
            ("answer", self.answer.is_some()),
        ];
        let set = cells.into_iter().filter(|(_, is_set)| *is_set);
        set.map(|(name, _)| name).collect()
    }
}

fn cell(column: &'static str, row: Uuid) -> Cell {
    Cell {
        table: "account_message",
        column,
        row,
    }
}

/// Seals a text of the message `row` for its column.
#[must_use]
pub fn seal(key: &SealKey, column: &'static str, row: Uuid, text: &str) -> Sealed {
    key.seal(cell(column, row), text)
}

/// A message in clear. Its Debug is empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Clear {
    /// Who wrote it; empty when unknown.
    pub sender: String,
    /// The message.
    pub text: String,
    /// The answer; empty without one.
    pub answer: String,
}

impl std::fmt::Debug for Clear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clear")
    }
}

/// Opens the texts of the message `row`.
///
/// # Errors
/// [`StoreError::Impossible`] for a cell that was sealed for another place.
pub async fn open(sealer: &Sealer, row: Uuid, texts: &Texts) -> Result<Clear, StoreError> {
    let sender = match &texts.sender {
        Some(sender) => sealer.unseal(cell("sender", row), sender).await?,
        None => String::new(),
    };
    let answer = match &texts.answer {
        Some(answer) => sealer.unseal(cell("answer", row), answer).await?,
        None => String::new(),
    };
    Ok(Clear {
        sender,
        text: sealer.unseal(cell("text", row), &texts.text).await?,
        answer,
    })
}

/// Writes a new message.
///
/// # Errors
/// Errors of the database.
pub async fn insert(conn: &mut PgConnection, message: &AccountMessage, texts: &Texts) -> Result<(), StoreError> {
    sqlx::query(
        "insert into account_message (id, version, account, reference, received_at, sent_at, sender, text)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(message.id)
    .bind(big(message.version))
    .bind(&message.account)
    .bind(big(message.reference))
    .bind(message.received_at)
    .bind(message.sent_at)
    .bind(texts.sender.as_ref())
    .bind(&texts.text)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    version: i64,
    account: String,
    reference: i64,
    received_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    outcome: Option<i16>,
    resolved_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for AccountMessage {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let resolved = match (row.outcome, row.resolved_at) {
            (None, None) => None,
            (Some(outcome), Some(at)) => Some(Resolved {
                outcome: known::<AccountOutcome>("account_message", "outcome", outcome)?,
                at,
            }),
            _ => return Err(impossible("account_message", format!("{} has half an end", row.id))),
        };
        Ok(Self {
            id: row.id,
            version: fits("account_message", "version", row.version)?,
            account: row.account,
            reference: fits("account_message", "reference", row.reference)?,
            received_at: row.received_at,
            sent_at: row.sent_at,
            resolved,
        })
    }
}

/// Reads a message and locks it until the transaction ends.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown id.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<AccountMessage, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "select id, version, account, reference, received_at, sent_at, outcome, resolved_at
           from account_message where id = $1 for update",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.ok_or(StoreError::Absent("account message"))?.try_into()
}

/// Writes the end of a message.
///
/// # Errors
/// [`StoreError::Impossible`] when the row is not at the previous version.
pub async fn save_resolved(
    conn: &mut PgConnection,
    message: &AccountMessage,
    answer: Option<&Sealed>,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "update account_message set version = $2, outcome = $3, resolved_at = $4, answer = $5
          where id = $1 and version = $2 - 1",
    )
    .bind(message.id)
    .bind(big(message.version))
    .bind(message.resolved.map(|resolved| small(resolved.outcome.into())))
    .bind(message.resolved.map(|resolved| resolved.at))
    .bind(answer)
    .execute(conn)
    .await?;
    one("account_message", message.id, done.rows_affected())
}

/// Reads a message with its sealed texts.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown id.
pub async fn read(conn: &mut PgConnection, id: Uuid) -> Result<(AccountMessage, Texts), StoreError> {
    #[derive(sqlx::FromRow)]
    struct Whole {
        #[sqlx(flatten)]
        row: Row,
        #[sqlx(flatten)]
        texts: Texts,
    }
    let whole: Option<Whole> = sqlx::query_as(
        "select id, version, account, reference, received_at, sent_at, outcome, resolved_at, sender, text, answer
           from account_message where id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    let whole = whole.ok_or(StoreError::Absent("account message"))?;
    Ok((whole.row.try_into()?, whole.texts))
}

/// Filter of a list of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only messages of this account.
    pub account: Option<String>,
    /// Only messages without an outcome.
    pub open_only: bool,
}

/// Messages by the time of recording, then by id.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that nothing could have written.
pub async fn list(
    conn: &mut PgConnection,
    window: &Window,
    filter: &Filter,
) -> Result<Vec<AccountMessage>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, version, account, reference, received_at, sent_at, outcome, resolved_at from account_message
          where (received_at, id) > ($1, $2) and received_at < $3
            and ($5::text is null or account = $5)
            and (not $6 or outcome is null)
          order by received_at, id limit $4",
    )
    .bind(window.after.0)
    .bind(window.after.1)
    .bind(window.before)
    .bind(window.limit)
    .bind(&filter.account)
    .bind(filter.open_only)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
