//! Request and answer of `GetBulletin`.

use async_trait::async_trait;
use hotline_proto::analytics as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::time::{date_to_proto, to_proto};
use tonic::Status;
use verbs::{At, Question};

use super::Analytics;
use super::fields::window;
use crate::actions::get_bulletin::get_bulletin;
use crate::domain::bulletin::Printed;
use crate::domain::window::Window;

/// Window of days.
pub struct GetBulletin(Window);

#[async_trait]
impl Question<Analytics> for GetBulletin {
    const NAME: &'static str = "get_bulletin";
    type Request = pb::GetBulletinRequest;
    type Answer = pb::GetBulletinResponse;

    fn read(request: &pb::GetBulletinRequest, _: &Caller, at: &At<Analytics>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let max_days = at.service.config.max_window_days;
        let window = window(
            &mut fields,
            request.from_day.as_ref(),
            request.to_day.as_ref(),
            max_days,
        );
        fields.read(window.map(Self))
    }

    async fn answer(self, at: &At<Analytics>) -> Result<pb::GetBulletinResponse, Status> {
        let (window, as_of) = (self.0, at.now);
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let figures = get_bulletin(&mut conn, &at.service.definitions, window, as_of).await?;
        Ok(pb::GetBulletinResponse {
            from_day: Some(date_to_proto(window.from)),
            to_day: Some(date_to_proto(window.to)),
            as_of_time: Some(to_proto(as_of)),
            figures: figures.into_iter().map(figure).collect(),
        })
    }
}

fn figure(printed: Printed) -> pb::Figure {
    pb::Figure {
        key: printed.key,
        name: printed.name,
        cohort: printed.cohort,
        numerator: printed.numerator,
        denominator: printed.denominator,
        value: printed.value,
        definition_version: printed.version,
        definition: printed.definition,
        member: printed.member,
        rate: printed.rate,
    }
}
