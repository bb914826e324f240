//! What several verbs read.

use platform::grpc::fields::Fields;

use crate::domain::window::Window;

/// Reads `from_day` and `to_day`: days in order, `max_days` at most.
pub(super) fn window(fields: &mut Fields, from: &str, to: &str, max_days: u32) -> Option<Window> {
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

    fn violations(from: &str, to: &str) -> Vec<String> {
        let mut fields = Fields::new();
        let window = window(&mut fields, from, to, 10);
        match fields.read(window) {
            Ok(_) => Vec::new(),
            Err(error) => error.violations.into_iter().map(|v| v.field).collect(),
        }
    }

    #[test]
    fn windows_are_days_in_order_and_not_too_many() {
        for (from, to, wrong) in [
            ("2024-04-01", "2024-04-01", &[][..]),
            ("2024-04-01", "2024-04-10", &[]),
            ("2024-04-01", "2024-04-11", &["to_day"]),
            ("2024-04-02", "2024-04-01", &["to_day"]),
            ("2024-4-1", "", &["from_day", "to_day"]),
            ("2024-02-30", "2024-04-01", &["from_day"]),
            ("0001-01-01", "9999-12-31", &["from_day", "to_day"]),
            ("2024-04-01\0", "２０２４-04-01", &["from_day", "to_day"]),
        ] {
            assert_eq!(violations(from, to), wrong, "{from} to {to}");
        }
    }
}
