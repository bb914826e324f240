//! `hotline calendar`: counts working days by the rule of deadlines.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::calendar::Calendar as WorkingDays;
use chrono::{Datelike, NaiveDate};
use clap::Subcommand;

use super::load::read_city;
use crate::console::{Failure, say};

/// Counts working days without a running service, by the compiled-in notices of the State Council.
#[derive(Subcommand, Debug)]
pub enum Calendar {
    /// The n-th working day after a day
    Add {
        /// Day, YYYY-MM-DD, of the years 2000 to 2199
        #[arg(value_parser = day)]
        date: NaiveDate,
        /// Working days, 1 to 250
        #[arg(value_parser = clap::value_parser!(u32).range(1..=250))]
        n: u32,
        /// More notices: a file such as services/shared/calendar/notices.toml, or a city file with [calendar]
        #[arg(long, value_name = "FILE")]
        notices: Option<PathBuf>,
    },
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let day: NaiveDate = text.parse().map_err(|_| "write it as 2024-04-03".to_owned())?;
    if (2000..2200).contains(&day.year()) {
        Ok(day)
    } else {
        Err("years are 2000 to 2199".to_owned())
    }
}

impl Calendar {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let Self::Add { date, n, notices } = self;
        let calendar = match &notices {
            None => WorkingDays::national(),
            Some(path) => amended(path)?,
        };
        let (day, provisional) = calendar.add_working_days(date, n);
        let remark = if provisional {
            "  (provisional: a notice on holidays that is still to come may move it)"
        } else {
            ""
        };
        say(format!("{day}{remark}"));
        Ok(ExitCode::SUCCESS)
    }
}

fn amended(path: &Path) -> Result<WorkingDays, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    // Only a city file has units.
    let is_city = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("units"));
    if is_city {
        return Ok(read_city(path)?.working_days());
    }
    WorkingDays::national()
        .amended_by(&text)
        .map_err(|error| failed(&error))
}
