//! The shape of requests: every violation at once.

use hotline_proto::analytics as pb;
use platform::grpc::fields::{Fields, InvalidRequest};
use platform::grpc::page;
use uuid::Uuid;

use crate::domain::window::Window;
use crate::store::facts::Place;

/// Characters of a figure's key: two words and a member's code.
const MAX_KEY: usize = 200;

/// Which figure is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFigureMembers {
    /// Days.
    pub window: Window,
    /// Key as it was printed.
    pub figure: String,
    /// Where the last page ended.
    pub after: Option<Place>,
    /// Members of a page.
    pub page_size: usize,
    /// What page tokens are bound to.
    pub filter: String,
}

/// Reads a window.
///
/// # Errors
/// Every violation.
pub fn get_bulletin(request: &pb::GetBulletinRequest, max_days: u32) -> Result<Window, InvalidRequest> {
    let mut fields = Fields::new();
    let window = window(&mut fields, &request.from_day, &request.to_day, max_days);
    fields.read(window)
}

/// Reads which figure is opened.
///
/// # Errors
/// Every violation.
pub fn list_figure_members(
    request: &pb::ListFigureMembersRequest,
    max_days: u32,
) -> Result<ListFigureMembers, InvalidRequest> {
    let mut fields = Fields::new();
    let window = window(&mut fields, &request.from_day, &request.to_day, max_days);
    let figure = fields.line("figure", &request.figure, 1..=MAX_KEY);
    let page_size = fields.page_size("page_size", request.page_size);
    let filter = format!("members|{}|{}|{}", request.from_day, request.to_day, request.figure);
    let after = place(&mut fields, &filter, &request.page_token);
    let asked = window.zip(figure).map(|(window, figure)| ListFigureMembers {
        window,
        figure,
        after,
        page_size: usize::try_from(page_size).expect("1 to 1000"),
        filter,
    });
    fields.read(asked)
}

fn window(fields: &mut Fields, from: &str, to: &str, max_days: u32) -> Option<Window> {
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

fn place(fields: &mut Fields, filter: &str, token: &str) -> Option<Place> {
    if token.is_empty() {
        return None;
    }
    let read = || {
        let parts = page::decode(filter, token, 2)?;
        // The check of a token is no secret: a day has to be one that the edge lets in.
        let day = Fields::new().day("page_token", &parts[0])?;
        Some((day, Uuid::try_parse(&parts[1]).ok()?))
    };
    let place = read();
    if place.is_none() {
        fields.refuse("page_token", "must come from the previous answer, with the same filter");
    }
    place
}

/// The token of a page that begins after a place.
#[must_use]
pub fn token(filter: &str, next: Place) -> String {
    page::encode(filter, &[&next.0.to_string(), &next.1.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(from: &str, to: &str) -> Vec<String> {
        let request = pb::GetBulletinRequest {
            from_day: from.to_owned(),
            to_day: to.to_owned(),
        };
        match get_bulletin(&request, 10) {
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

    #[test]
    fn every_violation_of_a_list_is_told() {
        let request = pb::ListFigureMembersRequest {
            from_day: "x".to_owned(),
            to_day: "y".to_owned(),
            figure: "a\0b".to_owned(),
            page_size: 1001,
            page_token: "forged".to_owned(),
        };
        let error = list_figure_members(&request, 10).expect_err("nothing is right");
        let fields: Vec<&str> = error.violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["from_day", "to_day", "figure", "page_size", "page_token"]);
    }
}
