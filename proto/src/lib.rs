//! The contracts: messages, clients and servers generated from `hotline/*/v1/*.proto`, their descriptors, and the table
//! of rights ([`access`]).

pub mod access;
pub mod batches;
mod event;
pub mod google;
pub mod orders;
pub mod parts;
mod reason;
pub mod region;

/// The page `docs/reasons.md`, generated from the contract.
pub const REASONS_PAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/reasons.md"));

/// The file that the build has written [`REASONS_PAGE`] to.
pub const REASONS_PAGE_FILE: &str = concat!(env!("OUT_DIR"), "/reasons.md");

/// The encoded `FileDescriptorSet` of every package, for reflection and for tests that walk the contracts.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

macro_rules! package {
    ($name:ident, $path:literal) => {
        #[allow(
            missing_docs,
            clippy::all,
            clippy::pedantic,
            clippy::allow_attributes_without_reason,
            reason = "generated from the commented contracts"
        )]
        pub mod $name {
            pub mod v1 {
                tonic::include_proto!($path);
            }
        }
    };
}

/// Generated code: one module per package, nested as the packages are.
pub mod hotline {
    package!(analytics, "hotline.analytics.v1");
    package!(callback, "hotline.callback.v1");
    package!(common, "hotline.common.v1");
    package!(events, "hotline.events.v1");
    package!(intake, "hotline.intake.v1");
    package!(routing, "hotline.routing.v1");
    package!(supervision, "hotline.supervision.v1");
}

pub use event::{Carried, carried, event_type, every_event, owner};
pub use google::Date;
pub use hotline::{
    analytics::v1 as analytics, callback::v1 as callback, common::v1 as common, events::v1 as events,
    intake::v1 as intake, routing::v1 as routing, supervision::v1 as supervision,
};
