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
use super::fields::{MAX_MEMBER, dimension, window};
use crate::actions::list_figure_members::{After, FigureMember, Opened, list_figure_members};
use crate::domain::definitions::{Definitions, Figure};
use crate::domain::measure::Dimension;
use crate::domain::selection::Part;
use crate::domain::window::Window;

/// Most characters of a figure's key: two words and a member's code.
const MAX_KEY: usize = 200;

/// The first part of a token that ends at a code.
const AT_CODE: &str = "code";

/// The figure to open, and the page of its members.
#[derive(Debug)]
pub struct ListFigureMembers {
    /// Days.
    window: Window,
    /// Key as it was printed.
    figure: String,
    /// Part to open.
    part: Part,
    /// Member of a breakdown.
    belongs: Option<(Dimension, String)>,
    /// Where the previous page ended.
    after: Option<After>,
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
        Self::within(request, &at.service.definitions, at.service.config.max_window_days)
    }

    async fn answer(self, at: &At<Analytics>) -> Result<pb::ListFigureMembersResponse, Status> {
        let service = &at.service;
        let definitions = &service.definitions;
        let Some((figure, member)) = definitions.find(&self.figure) else {
            return Err(status::not_found("figure"));
        };
        let opened = Opened {
            figure,
            member,
            part: self.part,
            belongs: self
                .belongs
                .map(|(dimension, member)| definitions.belongs(dimension, member)),
            window: self.window,
            after: self.after,
            page_size: self.page_size,
            max_scanned: service.config.max_scanned_facts,
        };
        let mut conn = service.store.reading(Self::NAME).await?;
        let page = list_figure_members(&mut conn, &opened, at.now).await?;
        Ok(pb::ListFigureMembersResponse {
            next_page_token: page.next.map(|next| token(&self.filter, &next)).unwrap_or_default(),
            members: page.members.into_iter().map(member_of).collect(),
        })
    }
}

impl ListFigureMembers {
    /// Reads a request whose window may have `max_days`.
    fn within(
        request: &pb::ListFigureMembersRequest,
        definitions: &Definitions,
        max_days: u32,
    ) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let window = window(
            &mut fields,
            request.from_day.as_ref(),
            request.to_day.as_ref(),
            max_days,
        );
        let figure = fields.line("figure", &request.figure, 1..=MAX_KEY);
        let page_size = fields.page_size("page_size", request.page_size);
        // A figure that does not exist is not found, whatever else is asked of it.
        let found = figure.as_deref().and_then(|key| definitions.find(key));
        let part = part(&mut fields, request.part, found.map(|(figure, _)| figure));
        let belongs = belongs(&mut fields, request, found.is_some_and(|(_, member)| member.is_some()));
        let filter = filter(request, window);
        let after = after(&mut fields, &filter, &request.page_token);
        let asked = window.zip(figure).zip(part).map(|((window, figure), part)| Self {
            window,
            figure,
            part,
            belongs,
            after,
            page_size: usize::try_from(page_size).expect("1 to 1000"),
            filter,
        });
        fields.read(asked)
    }
}

/// Reads the part. A count has no denominator.
fn part(fields: &mut Fields, number: i32, figure: Option<&Figure>) -> Option<Part> {
    let part = match fields.known_or("part", number, pb::FigurePart::Unspecified)? {
        pb::FigurePart::Unspecified => Part::Numerator,
        pb::FigurePart::Denominator => Part::Denominator,
        pb::FigurePart::Rest => Part::Rest,
    };
    if part != Part::Numerator && figure.is_some_and(|figure| figure.denominator.is_none()) {
        fields.refuse("part", "must be unspecified for a count: only a rate has a denominator");
    }
    Some(part)
}

/// Reads `dimension` and `member`, which go together. A figure that `names_member` is open for one member already.
fn belongs(
    fields: &mut Fields,
    request: &pb::ListFigureMembersRequest,
    names_member: bool,
) -> Option<(Dimension, String)> {
    let of = fields.optional_known::<pb::Dimension>("dimension", request.dimension);
    let member = fields.optional_line("member", &request.member, MAX_MEMBER);
    let is_asked = request.dimension != 0;
    if is_asked && request.member.is_empty() {
        fields.refuse("member", "must be given with a dimension");
    }
    if !is_asked && member.is_some() {
        fields.refuse("dimension", "must be given with a member");
    }
    if is_asked && names_member {
        fields.refuse("dimension", "must be unspecified for a figure that names a member");
    }
    of.and_then(dimension).zip(member)
}

fn filter(request: &pb::ListFigureMembersRequest, window: Option<Window>) -> String {
    let days = window.map(|window| format!("{}|{}", window.from, window.to));
    format!(
        "members|{}|{}|{}|{}|{}",
        days.unwrap_or_default(),
        request.figure,
        request.part,
        request.dimension,
        request.member
    )
}

fn after(fields: &mut Fields, filter: &str, token: &str) -> Option<After> {
    if token.is_empty() {
        return None;
    }
    let read = || {
        let parts = page::decode(filter, token, 2)?;
        // A token can be forged, because its check is public. The day must therefore be in the range that requests
        // allow, and the code must be text.
        if parts[0] == AT_CODE {
            let is_text = parts[1].chars().count() <= MAX_KEY && !parts[1].chars().any(char::is_control);
            return is_text.then(|| After::Code(parts[1].clone()));
        }
        let day = date_to_proto(parts[0].parse::<NaiveDate>().ok()?);
        let day = date_from_proto(&day)?;
        Some(After::Fact((day, Uuid::try_parse(&parts[1]).ok()?)))
    };
    let after = read();
    if after.is_none() {
        fields.refuse("page_token", "must come from the previous answer, with the same filter");
    }
    after
}

/// The token of a page that begins after a place.
fn token(filter: &str, next: &After) -> String {
    match next {
        After::Fact((day, id)) => page::encode(filter, &[&day.to_string(), &id.to_string()]),
        After::Code(code) => page::encode(filter, &[AT_CODE, code]),
    }
}

fn member_of(member: FigureMember) -> pb::FigureMember {
    pb::FigureMember {
        id: member.id,
        number: member.number,
        count: member.count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::definitions::COMPILED_IN;

    /// Fields that are refused.
    fn refused(request: &pb::ListFigureMembersRequest) -> Vec<String> {
        let definitions = Definitions::parse(COMPILED_IN, 2).expect("checked by its own test");
        match ListFigureMembers::within(request, &definitions, 10) {
            Ok(_) => Vec::new(),
            Err(error) => error.violations.into_iter().map(|v| v.field).collect(),
        }
    }

    #[test]
    fn every_violation_of_a_list_is_told() {
        let request = pb::ListFigureMembersRequest {
            from_day: None,
            to_day: Some(date_to_proto(NaiveDate::MAX)),
            figure: "a\0b".to_owned(),
            page_size: -1,
            page_token: "forged".to_owned(),
            part: 99,
            dimension: 99,
            member: String::new(),
        };
        assert_eq!(
            refused(&request),
            [
                "from_day",
                "to_day",
                "figure",
                "page_size",
                "part",
                "dimension",
                "member",
                "page_token"
            ]
        );
    }

    #[test]
    fn what_makes_no_sense_for_a_figure_is_refused() {
        let (none, rest) = (pb::FigurePart::Unspecified, pb::FigurePart::Rest);
        let (nothing, of_type) = (pb::Dimension::Unspecified, pb::Dimension::Type);
        for (figure, part, dimension, member, wrong) in [
            ("volume.orders", none, nothing, "", &[][..]),
            ("volume.orders", none, of_type, "HELP", &[]),
            ("volume.orders", rest, nothing, "", &["part"]),
            ("volume.orders", pb::FigurePart::Denominator, nothing, "", &["part"]),
            ("handling.on_time_rate", rest, of_type, "HELP", &[]),
            ("column.on_time_rate", rest, of_type, "HELP", &[]),
            ("volume.orders", none, nothing, "HELP", &["dimension"]),
            ("volume.orders", none, of_type, "", &["member"]),
            ("type.appeals/HELP", none, of_type, "HELP", &["dimension"]),
            ("type.appeals/HELP", rest, of_type, "", &["part", "member", "dimension"]),
            ("type.share/HELP", rest, nothing, "", &[]),
            // It is not found, and that is told alone.
            ("volume.nothing", rest, of_type, "HELP", &[]),
        ] {
            let day = NaiveDate::from_ymd_opt(2024, 4, 1).map(date_to_proto);
            let request = pb::ListFigureMembersRequest {
                from_day: day,
                to_day: day,
                figure: figure.to_owned(),
                part: part.into(),
                dimension: dimension.into(),
                member: member.to_owned(),
                ..Default::default()
            };
            assert_eq!(refused(&request), wrong, "{figure} {part:?} {dimension:?} {member}");
        }
    }
}
