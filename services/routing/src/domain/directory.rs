//! What is in force on a day: units, catalogue and limits, each published as a whole and effective from a day; and the
//! working days, whose newest version is in force at once.

use std::sync::Arc;

use calendar::Calendar;

use super::catalogue::Catalogue;
use super::limits::Limits;
use super::units::Units;

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 承办单位
    Units,
    /// 派单目录
    Catalogue,
    /// 办理时限
    Limits,
}

impl Part {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Catalogue => "catalogue",
            Self::Limits => "limits",
        }
    }
}

/// Units, catalogue and limits in force on one day; version 0 stands for "none yet".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Version of the units.
    pub units_version: u64,
    /// Units.
    pub units: Units,
    /// Version of the catalogue.
    pub catalogue_version: u64,
    /// Catalogue.
    pub catalogue: Catalogue,
    /// Limits, with their version.
    pub limits: Limits,
    /// Working days: the newest notices, published or compiled in. They name their own days, so they have no first one.
    pub calendar: Arc<Calendar>,
}
