//! Kinds of documents between the contract's words and ours.

use hotline_proto::intake::DocumentKind as Sent;
use personal::DocumentKind;

/// The kind that a caller states.
#[must_use]
pub const fn kind(sent: Sent) -> Option<DocumentKind> {
    match sent {
        Sent::Unspecified => None,
        Sent::ResidentIdentity => Some(DocumentKind::ResidentIdentity),
        Sent::HongKongMacauPermit => Some(DocumentKind::HongKongMacauPermit),
        Sent::TaiwanPermit => Some(DocumentKind::TaiwanPermit),
        Sent::HongKongMacauTaiwanResidence => Some(DocumentKind::HongKongMacauTaiwanResidence),
        Sent::ForeignerResidence => Some(DocumentKind::ForeignerResidence),
        Sent::Passport => Some(DocumentKind::Passport),
        Sent::Other => Some(DocumentKind::Other),
    }
}

/// The kind as it travels.
#[must_use]
pub const fn sent(kind: DocumentKind) -> Sent {
    match kind {
        DocumentKind::ResidentIdentity => Sent::ResidentIdentity,
        DocumentKind::HongKongMacauPermit => Sent::HongKongMacauPermit,
        DocumentKind::TaiwanPermit => Sent::TaiwanPermit,
        DocumentKind::HongKongMacauTaiwanResidence => Sent::HongKongMacauTaiwanResidence,
        DocumentKind::ForeignerResidence => Sent::ForeignerResidence,
        DocumentKind::Passport => Sent::Passport,
        DocumentKind::Other => Sent::Other,
    }
}
