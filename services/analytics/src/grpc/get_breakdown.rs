//! Request and answer of `GetBreakdown`.

use async_trait::async_trait;
use hotline_proto::analytics as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::time::{date_to_proto, to_proto};
use tonic::Status;
use verbs::{At, Question};

use super::Analytics;
use super::fields::{MAX_MEMBER, dimension, window};
use crate::actions::get_breakdown::get_breakdown;
use crate::domain::breakdown::{Asked, Cell, Row};
use crate::domain::definitions::Figure;
use crate::domain::window::Window;

/// Window of days, and the rows.
#[derive(Debug)]
pub struct GetBreakdown {
    /// Days.
    window: Window,
    /// Rows.
    asked: Asked,
}

#[async_trait]
impl Question<Analytics> for GetBreakdown {
    const NAME: &'static str = "get_breakdown";
    type Request = pb::GetBreakdownRequest;
    type Answer = pb::GetBreakdownResponse;

    fn read(request: &pb::GetBreakdownRequest, _: &Caller, at: &At<Analytics>) -> Result<Self, InvalidRequest> {
        Self::within(request, at.service.config.max_window_days)
    }

    async fn answer(self, at: &At<Analytics>) -> Result<pb::GetBreakdownResponse, Status> {
        let (window, as_of) = (self.window, at.now);
        let definitions = &at.service.definitions;
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let table = get_breakdown(&mut conn, definitions, &self.asked, window, as_of).await?;
        Ok(pb::GetBreakdownResponse {
            from_day: Some(date_to_proto(window.from)),
            to_day: Some(date_to_proto(window.to)),
            as_of_time: Some(to_proto(as_of)),
            columns: definitions.columns.iter().map(column).collect(),
            rows: table.rows.into_iter().map(row).collect(),
            total: Some(row(table.total)),
        })
    }
}

impl GetBreakdown {
    /// Reads a request whose window may have `max_days`.
    fn within(request: &pb::GetBreakdownRequest, max_days: u32) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let window = window(
            &mut fields,
            request.from_day.as_ref(),
            request.to_day.as_ref(),
            max_days,
        );
        let of = fields.known::<pb::Dimension>("dimension", request.dimension);
        let parent_unit = fields.optional_line("parent_unit", &request.parent_unit, MAX_MEMBER);
        if parent_unit.is_some() && of != Some(pb::Dimension::LeadUnit) {
            fields.refuse("parent_unit", "must be empty for a dimension other than LEAD_UNIT");
        }
        let asked = window.zip(of.and_then(dimension)).map(|(window, dimension)| Self {
            window,
            asked: Asked {
                dimension,
                parent_unit: parent_unit.unwrap_or_default(),
            },
        });
        fields.read(asked)
    }
}

fn column(figure: &Figure) -> pb::BreakdownColumn {
    pb::BreakdownColumn {
        key: figure.key.clone(),
        name: figure.name.clone(),
        cohort: figure.cohort.clone(),
        definition: figure.definition.clone(),
        definition_version: figure.version.clone(),
        rate: figure.denominator.is_some(),
    }
}

fn row(row: Row) -> pb::BreakdownRow {
    pb::BreakdownRow {
        member: row.member,
        name: row.name,
        cells: row.cells.into_iter().map(cell).collect(),
    }
}

fn cell(cell: Cell) -> pb::BreakdownCell {
    pb::BreakdownCell {
        numerator: cell.numerator,
        denominator: cell.denominator.unwrap_or_default(),
        value: cell.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_of_a_breakdown_is_told() {
        for (of, parent_unit, wrong) in [
            (0, "", &["from_day", "to_day", "dimension"][..]),
            (99, "a\0", &["from_day", "to_day", "dimension", "parent_unit"]),
            (
                pb::Dimension::Type.into(),
                "water",
                &["from_day", "to_day", "parent_unit"],
            ),
            (pb::Dimension::LeadUnit.into(), "water", &["from_day", "to_day"]),
        ] {
            let request = pb::GetBreakdownRequest {
                from_day: None,
                to_day: None,
                dimension: of,
                parent_unit: parent_unit.to_owned(),
            };
            let error = GetBreakdown::within(&request, 10).expect_err("no days");
            let fields: Vec<&str> = error.violations.iter().map(|v| v.field.as_str()).collect();
            assert_eq!(fields, wrong, "{of} {parent_unit}");
        }
    }
}
