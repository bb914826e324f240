//! The directory in force on a day: units, catalogue and limits, each published as a whole and effective from a day.
//! The newest working-day calendar is in force at once.

use std::sync::Arc;

use calendar::Calendar;

use super::catalogue::Catalogue;
use super::limits::Limits;
use super::units::Units;

/// A part of the directory.
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
    /// Name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Catalogue => "catalogue",
            Self::Limits => "limits",
        }
    }
}

/// Units, catalogue and limits in force on one day. Version 0 means that none was published yet.
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
    /// Working days: the newest notices, published or compiled in. Notices name their own days, so they need no first
    /// day.
    pub calendar: Arc<Calendar>,
}
