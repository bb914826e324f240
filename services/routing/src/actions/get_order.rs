//! Reads one order, with its text for those who may read it: each reading is recorded by intake.

use chrono::{DateTime, Utc};
use platform::sealing::Sealer;
use sqlx::PgPool;

use super::{Actor, Error, Reach, reached};
use crate::NAME;
use crate::domain::order::{Order, OrderId};
use crate::store::{orders, replies};
use crate::upstream::{AppealText, AppealTexts, Reading, UpstreamError};

/// How an order is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderName {
    /// Its id.
    Id(OrderId),
    /// Its number in canonical form.
    Number(String),
}

/// The matter and the newest reply. No Debug: it is personal.
pub struct OrderText {
    /// The matter, as intake gave it.
    pub appeal: AppealText,
    /// The newest reply.
    pub reply: Option<String>,
}

/// The order without its text.
///
/// # Errors
/// [`Error::NotFound`], also for an order out of the caller's reach.
#[tracing::instrument(skip_all, fields(service = NAME), name = "get_order")]
pub async fn get_order(pool: &PgPool, name: &OrderName, reach: &Reach, now: DateTime<Utc>) -> Result<Order, Error> {
    let mut conn = pool.acquire().await.map_err(platform::store::StoreError::from)?;
    let order = match name {
        OrderName::Id(id) => orders::by_id(&mut conn, *id).await?,
        OrderName::Number(number) => orders::by_number(&mut conn, number).await?,
    };
    reached(&mut conn, order.ok_or(Error::NotFound("order"))?, reach, now).await
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// intake's.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The store's.
    #[error(transparent)]
    Store(#[from] platform::store::StoreError),
}

/// The text of an order that the caller was found to reach. No transaction and no connection is held while intake is
/// asked.
///
/// # Errors
/// [`TextError`].
#[tracing::instrument(skip_all, fields(service = NAME), name = "read_order_text")]
pub async fn read_order_text(
    pool: &PgPool,
    sealer: &Sealer,
    texts: &dyn AppealTexts,
    order: &Order,
    reader: &Actor,
) -> Result<OrderText, TextError> {
    let unit = match &reader.reach {
        Reach::Unit(unit) => unit.clone(),
        Reach::All | Reach::Nothing => String::new(),
    };
    let question = Reading {
        appeal: order.appeal.id,
        order: order.id.0,
        reader: reader.subject.clone(),
        unit,
    };
    let appeal = texts.read(question).await?;
    let reply = match order.reply() {
        None => None,
        Some(reply) => {
            let mut conn = pool.acquire().await.map_err(platform::store::StoreError::from)?;
            let cell = replies::text(&mut conn, reply.id).await?;
            drop(conn);
            Some(sealer.unseal(replies::cell("text", reply.id), &cell).await?)
        }
    };
    Ok(OrderText { appeal, reply })
}
