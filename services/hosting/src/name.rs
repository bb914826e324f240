//! The five services by name, and the way from a name to the service.

use std::fmt;
use std::marker::PhantomData;

use rpc::service::AnyService;
use sqlx::migrate::Migrator;

/// Name of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Name {
    /// Calls and appeals.
    Intake,
    /// Orders.
    Routing,
    /// Clocks, cards, reviews.
    Supervision,
    /// Callback tasks.
    Callback,
    /// Figures.
    Analytics,
}

impl Name {
    /// In the order in which an order passes through them.
    pub const ALL: [Self; 5] = [
        Self::Intake,
        Self::Routing,
        Self::Supervision,
        Self::Callback,
        Self::Analytics,
    ];

    /// The service of this name. This is the only way from a name to a service.
    #[must_use]
    pub fn service(self) -> &'static dyn AnyService {
        match self {
            Self::Intake => &PhantomData::<intake::Wiring>,
            Self::Routing => &PhantomData::<routing::Wiring>,
            Self::Supervision => &PhantomData::<supervision::Wiring>,
            Self::Callback => &PhantomData::<callback::Wiring>,
            Self::Analytics => &PhantomData::<analytics::Wiring>,
        }
    }

    /// The services that read its log, as wired in `services/<service>/src/app.rs`.
    #[must_use]
    pub const fn readers(self) -> &'static [Self] {
        match self {
            Self::Intake | Self::Supervision | Self::Callback => &[Self::Routing, Self::Analytics],
            Self::Routing => &[Self::Intake, Self::Supervision, Self::Callback, Self::Analytics],
            Self::Analytics => &[],
        }
    }

    /// The name, as in package names and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.service().name()
    }

    /// Migrations of its own tables.
    #[must_use]
    pub fn migrator(self) -> &'static Migrator {
        self.service().migrator()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
