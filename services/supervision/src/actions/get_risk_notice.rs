//! Reads one risk notice with its texts. The reading is recorded before a text is shown (I10).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use personal::sealing::{Cell, Sealed};
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::risk::RiskNotice;
use crate::store::risks::{self, Name, Texts};

/// The notice to read, and its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetRiskNotice {
    /// The notice.
    pub name: Name,
    /// Unit that the reader is confined to.
    pub unit: Option<String>,
    /// Subject of the reader.
    pub reader: String,
}

/// A notice with what its reader may see.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The notice.
    pub notice: RiskNotice,
    /// Its texts.
    pub texts: Texts,
    /// Feedback by the addressee's id; of a confined reader only its own.
    pub feedback: BTreeMap<Uuid, Sealed>,
    /// Its orders; empty for a confined reader.
    pub orders: Vec<Uuid>,
}

/// Runs inside the transaction that the call opened.
///
/// # Errors
/// [`StoreError::Absent`] when the notice does not exist, or not for the unit.
pub async fn get_risk_notice(tx: &mut Tx, query: &GetRiskNotice, now: DateTime<Utc>) -> Result<Found, StoreError> {
    let own = query.unit.as_deref();
    let notice = risks::find(tx.conn(), &query.name, own).await?;
    let (texts, mut feedback) = risks::texts(tx.conn(), notice.id).await?;
    let orders = match own {
        None => risks::orders(tx.conn(), notice.id).await?,
        Some(own) => {
            let addressee = notice.addressees.iter().find(|addressee| addressee.unit == own);
            feedback.retain(|id, _| addressee.is_some_and(|addressee| addressee.id == *id));
            Vec::new()
        }
    };
    let record = |cell: Cell, columns| SealedRead {
        table: cell.table,
        row: cell.row,
        columns,
        reader: &query.reader,
        at: now,
    };
    let of_notice = risks::text("summary", notice.id);
    let mut read = vec![record(of_notice, vec!["summary", "measures"])];
    let of_addressees = feedback.keys().map(|id| risks::feedback(*id));
    read.extend(of_addressees.map(|cell| record(cell, vec![cell.column])));
    reads::record(tx.conn(), &read).await?;
    Ok(Found {
        notice,
        texts,
        feedback,
        orders,
    })
}
