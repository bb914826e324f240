//! The days off by law, for a year without a notice.
//!
//! The law is 全国年节及纪念日放假办法. Since 2025 its days off are:
//!
//! - 1 January,
//! - New Year's Eve to the third of the first lunar month,
//! - Qingming,
//! - 1 and 2 May,
//! - Dragon Boat and Mid-Autumn,
//! - 1 to 3 October.
//!
//! The earlier law had no New Year's Eve and only one day in May. A notice adds moved days, make-up workdays and days
//! in lieu of a weekend. Those are unknown before it is out.
//!
//! Lunar days come from a table of the years 2000 to 2050. Other years have only the days of the solar calendar.

use chrono::{Datelike as _, NaiveDate};

/// First year of the law of 2024-11-10.
const NEW_LAW: i32 = 2025;

/// Year of the first row of [`FESTIVALS`].
const FIRST: i32 = 2000;

/// Festivals by year, each as month × 100 + day. The columns are Spring Festival (first of the first lunar month),
/// Qingming, Dragon Boat (fifth of the fifth), Mid-Autumn (fifteenth of the eighth). `tests/it/statutory.rs` computes
/// each in another way.
#[rustfmt::skip] // a table reads line by line
const FESTIVALS: [[u32; 4]; 51] = [
    [205, 404, 606, 912], // 2000
    [124, 405, 625, 1001], // 2001
    [212, 405, 615, 921], // 2002
    [201, 405, 604, 911], // 2003
    [122, 404, 622, 928], // 2004
    [209, 405, 611, 918], // 2005
    [129, 405, 531, 1006], // 2006
    [218, 405, 619, 925], // 2007
    [207, 404, 608, 914], // 2008
    [126, 404, 528, 1003], // 2009
    [214, 405, 616, 922], // 2010
    [203, 405, 606, 912], // 2011
    [123, 404, 623, 930], // 2012
    [210, 404, 612, 919], // 2013
    [131, 405, 602, 908], // 2014
    [219, 405, 620, 927], // 2015
    [208, 404, 609, 915], // 2016
    [128, 404, 530, 1004], // 2017
    [216, 405, 618, 924], // 2018
    [205, 405, 607, 913], // 2019
    [125, 404, 625, 1001], // 2020
    [212, 404, 614, 921], // 2021
    [201, 405, 603, 910], // 2022
    [122, 405, 622, 929], // 2023
    [210, 404, 610, 917], // 2024
    [129, 404, 531, 1006], // 2025
    [217, 405, 619, 925], // 2026
    [206, 405, 609, 915], // 2027
    [126, 404, 528, 1003], // 2028
    [213, 404, 616, 922], // 2029
    [203, 405, 605, 912], // 2030
    [123, 405, 624, 1001], // 2031
    [211, 404, 612, 919], // 2032
    [131, 404, 601, 908], // 2033
    [219, 405, 620, 927], // 2034
    [208, 405, 610, 916], // 2035
    [128, 404, 530, 1004], // 2036
    [215, 404, 618, 924], // 2037
    [204, 405, 607, 913], // 2038
    [124, 405, 527, 1002], // 2039
    [212, 404, 614, 920], // 2040
    [201, 404, 603, 910], // 2041
    [122, 404, 622, 928], // 2042
    [210, 405, 611, 917], // 2043
    [130, 404, 531, 1005], // 2044
    [217, 404, 619, 925], // 2045
    [206, 404, 608, 915], // 2046
    [126, 405, 529, 1004], // 2047
    [214, 404, 615, 922], // 2048
    [202, 404, 604, 911], // 2049
    [123, 404, 623, 930], // 2050
];

/// Whether the law makes `day` a day off, weekend or not.
pub(crate) fn is_day_off(day: NaiveDate) -> bool {
    let newer = day.year() >= NEW_LAW;
    match (day.month(), day.day()) {
        (1 | 5, 1) | (10, 1..=3) => true,
        (5, 2) => newer,
        _ => is_festival(day, newer),
    }
}

fn is_festival(day: NaiveDate, newer: bool) -> bool {
    let row = usize::try_from(day.year() - FIRST)
        .ok()
        .and_then(|row| FESTIVALS.get(row));
    let Some(row) = row else { return false };
    let since = |day_of_year: u32| {
        let festival = NaiveDate::from_ymd_opt(day.year(), day_of_year / 100, day_of_year % 100);
        (day - festival.expect("a test reads every row")).num_days()
    };
    let [spring, others @ ..] = row;
    let eve = if newer { -1 } else { 0 };
    (eve..=2).contains(&since(*spring)) || others.iter().any(|festival| since(*festival) == 0)
}
