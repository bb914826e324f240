//! Fields that several verbs share.

use hotline_proto::Date;
use hotline_proto::analytics as pb;
use rpc::fields::Fields;

use crate::domain::measure::Dimension;
use crate::domain::window::Window;

/// Most characters of a member's code.
pub(super) const MAX_MEMBER: usize = 100;

/// The dimension of a request; none for unspecified.
pub(super) fn dimension(of: pb::Dimension) -> Option<Dimension> {
    match of {
        pb::Dimension::Unspecified => None,
        pb::Dimension::Unit => Some(Dimension::Unit),
        pb::Dimension::LeadUnit => Some(Dimension::LeadUnit),
        pb::Dimension::Type => Some(Dimension::Type),
        pb::Dimension::Topic => Some(Dimension::Topic),
        pb::Dimension::Channel => Some(Dimension::Channel),
        pb::Dimension::Seat => Some(Dimension::Seat),
        pb::Dimension::Region => Some(Dimension::Region),
        pb::Dimension::Urgency => Some(Dimension::Urgency),
        pb::Dimension::Tag => Some(Dimension::Tag),
        pb::Dimension::DeputyLevel => Some(Dimension::DeputyLevel),
    }
}

/// Reads `from_day` and `to_day`: days in order, at most `max_days`.
pub(super) fn window(fields: &mut Fields, from: Option<&Date>, to: Option<&Date>, max_days: u32) -> Option<Window> {
    let from = fields.day("from_day", from);
    let to = fields.day("to_day", to);
    let (from, to) = from.zip(to)?;
    if to < from {
        fields.refuse("to_day", "must not be before from_day");
    }
    if (to - from).num_days() >= i64::from(max_days) {
        fields.refuse("to_day", format!("the window may have {max_days} days at most"));
    }
    Some(Window { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(from: Option<Date>, to: Option<Date>) -> Vec<String> {
        let mut fields = Fields::new();
        let window = window(&mut fields, from.as_ref(), to.as_ref(), 10);
        match fields.read(window) {
            Ok(_) => Vec::new(),
            Err(error) => error.violations.into_iter().map(|v| v.field).collect(),
        }
    }

    #[test]
    fn windows_are_days_in_order_and_not_too_many() {
        let day = |year, month, day| Some(Date { year, month, day });
        for (from, to, wrong) in [
            (day(2024, 4, 1), day(2024, 4, 1), &[][..]),
            (day(2024, 4, 1), day(2024, 4, 10), &[]),
            (day(2024, 4, 1), day(2024, 4, 11), &["to_day"]),
            (day(2024, 4, 2), day(2024, 4, 1), &["to_day"]),
            (day(2024, 13, 1), None, &["from_day", "to_day"]),
            (day(2024, 2, 30), day(2024, 4, 1), &["from_day"]),
            (day(1, 1, 1), day(9999, 12, 31), &["from_day", "to_day"]),
            (day(2024, 0, 0), day(-2024, 4, -1), &["from_day", "to_day"]),
        ] {
            assert_eq!(violations(from, to), wrong, "{from:?} to {to:?}");
        }
    }
}
