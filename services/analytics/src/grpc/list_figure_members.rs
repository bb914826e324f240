//! Request and answer of `ListFigureMembers`.

use async_trait::async_trait;
use chrono::NaiveDate;
use hotline_proto::analytics as pb;
use platform::auth::Caller;
use platform::status;
use rpc::fields::{Fields, InvalidRequest};
use rpc::page;
use rpc::time::{date_from_proto, date_to_proto};
use tonic::Status;
use uuid::Uuid;
use verbs::{At, Question};

use super::Analytics;
use super::fields::window;
use crate::actions::list_figure_members::{FigureMember, Opened, list_figure_members};
use crate::domain::window::Window;
use crate::store::facts::Place;

/// Most characters of a figure's key: two words and a member's code.
const MAX_KEY: usize = 200;

/// The figure to open, and the page of its members.
#[derive(Debug)]
pub struct ListFigureMembers {
    /// Days.
    window: Window,
    /// Key as it was printed.
    figure: String,
    /// Where the previous page ended.
    after: Option<Place>,
    /// Most members of a page.
    page_size: usize,
    /// Filter that page tokens are bound to.
    filter: String,
}

#[async_trait]
impl Question<Analytics> for ListFigureMembers {
    const NAME: &'static str = "list_figure_members";
    type Request = pb::ListFigureMembersRequest;
    type Answer = pb::ListFigureMembersResponse;

    fn read(request: &pb::ListFigureMembersRequest, _: &Caller, at: &At<Analytics>) -> Result<Self, InvalidRequest> {
        Self::within(request, at.service.config.max_window_days)
    }

    async fn answer(self, at: &At<Analytics>) -> Result<pb::ListFigureMembersResponse, Status> {
        let service = &at.service;
        let Some((figure, member)) = service.definitions.find(&self.figure) else {
            return Err(status::not_found("figure"));
        };
        let opened = Opened {
            figure,
            member,
            window: self.window,
            after: self.after,
            page_size: self.page_size,
            max_scanned: service.config.max_scanned_facts,
        };
        let mut conn = service.store.reading(Self::NAME).await?;
        let page = list_figure_members(&mut conn, &opened, at.now).await?;
        Ok(pb::ListFigureMembersResponse {
            next_page_token: page.next.map(|next| token(&self.filter, next)).unwrap_or_default(),
            members: page.members.into_iter().map(member_of).collect(),
        })
    }
}

impl ListFigureMembers {
    /// Reads a request whose window may have `max_days`.
    fn within(request: &pb::ListFigureMembersRequest, max_days: u32) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let window = window(
            &mut fields,
            request.from_day.as_ref(),
            request.to_day.as_ref(),
            max_days,
        );
        let figure = fields.line("figure", &request.figure, 1..=MAX_KEY);
        let page_size = fields.page_size("page_size", request.page_size);
        let days = window.map(|window| format!("{}|{}", window.from, window.to));
        let filter = format!("members|{}|{}", days.unwrap_or_default(), request.figure);
        let after = place(&mut fields, &filter, &request.page_token);
        let asked = window.zip(figure).map(|(window, figure)| Self {
            window,
            figure,
            after,
            page_size: usize::try_from(page_size).expect("1 to 1000"),
            filter,
        });
        fields.read(asked)
    }
}

fn place(fields: &mut Fields, filter: &str, token: &str) -> Option<Place> {
    if token.is_empty() {
        return None;
    }
    let read = || {
        let parts = page::decode(filter, token, 2)?;
        // A token can be forged, because its check is public. The day must therefore be in the range that requests
        // allow.
        let day = date_to_proto(parts[0].parse::<NaiveDate>().ok()?);
        let day = date_from_proto(&day)?;
        Some((day, Uuid::try_parse(&parts[1]).ok()?))
    };
    let place = read();
    if place.is_none() {
        fields.refuse("page_token", "must come from the previous answer, with the same filter");
    }
    place
}

/// The token of a page that begins after a place.
fn token(filter: &str, next: Place) -> String {
    page::encode(filter, &[&next.0.to_string(), &next.1.to_string()])
}

fn member_of(member: FigureMember) -> pb::FigureMember {
    pb::FigureMember {
        id: member.id.to_string(),
        number: member.number,
        count: member.count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_of_a_list_is_told() {
        let request = pb::ListFigureMembersRequest {
            from_day: None,
            to_day: Some(date_to_proto(NaiveDate::MAX)),
            figure: "a\0b".to_owned(),
            page_size: -1,
            page_token: "forged".to_owned(),
        };
        let error = ListFigureMembers::within(&request, 10).expect_err("nothing is right");
        let fields: Vec<&str> = error.violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["from_day", "to_day", "figure", "page_size", "page_token"]);
    }
}
