//! `hotline calendar`: reckons with working days as deadlines do.

use std::process::ExitCode;

use chrono::{Datelike as _, NaiveDate};
use clap::Subcommand;

use crate::console::say;

/// Reckons with the State Council's notices that are compiled in.
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
    pub fn run(self) -> ExitCode {
        let Self::Add { date, n } = self;
        let calendar = ::calendar::Calendar::national();
        let (day, provisional) = calendar.add_working_days(date, n);
        let remark = if provisional {
            "  (provisional: a year without a holiday notice)"
        } else {
            ""
        };
        say(format!("{day}{remark}"));
        ExitCode::SUCCESS
    }
}
