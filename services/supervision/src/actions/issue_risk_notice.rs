//! 风险提示: a person issues a notice about a risk that orders show. Appeals and persons behind it are counted here.

use chrono::{DateTime, Utc};
use eventlog::Tx;
use hotline_proto::events::RiskLevel;
use personal::sealing::SealKey;
use platform::ids::{derived_id, new_id};
use platform::numbers::number;
use platform::status::Standing;
use uuid::Uuid;

use super::Error;
use crate::domain::refusal::Refusal;
use crate::domain::risk::{self, Addressee, RiskNotice};
use crate::events;
use crate::store::appeals;
use crate::store::risks::{self, Texts};

/// The caller's request, with its shape checked. The texts may be personal: no Debug.
#[derive(Clone)]
pub struct IssueRiskNotice {
    /// Level.
    pub level: RiskLevel,
    /// Code of the category.
    pub category: String,
    /// Code of the region.
    pub region: String,
    /// The risk. It is free text, so it is sealed.
    pub summary: String,
    /// What is asked of the addressees. It is free text, so it is sealed.
    pub measures: String,
    /// When the first matter came up.
    pub first_at: DateTime<Utc>,
    /// When the newest matter came up.
    pub last_at: DateTime<Utc>,
    /// Orders that show the risk, each once, in the order of the request.
    pub orders: Vec<Uuid>,
    /// Codes of the addressees, sorted, each once.
    pub units: Vec<String>,
    /// Until when they have to feed back.
    pub due_at: DateTime<Utc>,
    /// Subject of the caller.
    pub actor: String,
}

/// Runs inside the transaction that the call opened; `key` seals the texts.
///
/// # Errors
/// [`Error::Invalid`] for a newest matter in the future, and for a limit that is not; [`Error::Refused`] with
/// `UNKNOWN_ORDER`.
pub async fn issue_risk_notice(
    tx: &mut Tx,
    key: &SealKey,
    command: &IssueRiskNotice,
    now: DateTime<Utc>,
) -> Result<RiskNotice, Error> {
    let faults = risk::faults(command.last_at, command.due_at, now);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    if let Some(at) = appeals::first_unknown(tx.conn(), &command.orders).await? {
        return Err(Error::Refused(Refusal::UnknownOrder { at }, Standing::default()));
    }
    let counts = appeals::count(tx.conn(), &command.orders).await?;
    let serial = risks::serial(tx.conn()).await?;
    let id = new_id(now);
    let addressees = command.units.iter().map(|unit| Addressee {
        id: derived_id(id, unit),
        unit: unit.clone(),
        fed_back_at: None,
    });
    let notice = RiskNotice {
        id,
        number: number('R', calendar::local_date(now), serial),
        version: 1,
        level: command.level.into(),
        category: command.category.clone(),
        region: command.region.clone(),
        first_at: command.first_at,
        last_at: command.last_at,
        counts,
        issued_at: now,
        due_at: command.due_at,
        addressees: addressees.collect(),
        verified_at: None,
    };
    let texts = Texts {
        summary: key.seal(risks::text("summary", id), &command.summary),
        measures: key.seal(risks::text("measures", id), &command.measures),
    };
    risks::insert(tx.conn(), &notice, &texts, &command.orders, &command.actor).await?;
    tx.tell(events::risk_issued(&notice, &command.actor));
    Ok(notice)
}
