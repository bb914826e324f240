//! `ListDeputies`: its request and its answer, page by page. Names are masked.

use async_trait::async_trait;
use calendar::local_date;
use chrono::NaiveDate;
use hotline_proto::common::DeputyLevel;
use hotline_proto::intake as pb;
use personal::mask::mask_name;
use platform::auth::Caller;
use platform::status;
use rpc::fields::{Fields, InvalidRequest};
use rpc::time::date_to_proto;
use rpc::versioned::{Changed, Rows};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use crate::actions::list_deputies::list_deputies;
use crate::store::deputies;

/// The day, the level and the page. An unset day is today.
pub struct Deputies {
    day: NaiveDate,
    level: Option<DeputyLevel>,
    rows: Rows,
}

#[async_trait]
impl Question<Intake> for Deputies {
    const NAME: &'static str = "list_deputies";
    type Request = pb::ListDeputiesRequest;
    type Answer = pb::ListDeputiesResponse;

    fn read(request: &pb::ListDeputiesRequest, _: &Caller, at: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = fields.optional_day("day", request.day.as_ref());
        let day = day.unwrap_or_else(|| local_date(at.now));
        let level = fields.optional_known("level", request.level);
        let filter = format!("deputies|{day}|{level:?}");
        let rows = Rows::read(&mut fields, request.page_size, &request.page_token, &filter);
        fields.read(Some(Self { day, level, rows }))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListDeputiesResponse, Status> {
        let Self { day, level, mut rows } = self;
        let (version, all) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                Box::pin(async move { list_deputies(tx, day, level).await })
            })
            .await?;
        let named = version.to_string();
        rows.check(&named).map_err(|Changed| status::changed_between_pages())?;
        let mut shown = Vec::new();
        for deputy in rows.take(&all) {
            let name = deputies::name(&at.service.sealer, deputy).await?;
            shown.push(pb::Deputy {
                deputy: deputy.code.clone(),
                name: mask_name(&name),
                level: deputy.level.into(),
                area: deputy.area.clone(),
                term_from: Some(date_to_proto(deputy.term_from)),
                term_to: Some(date_to_proto(deputy.term_to)),
                phones: Vec::new(),
            });
        }
        Ok(pb::ListDeputiesResponse {
            version,
            deputies: shown,
            next_page_token: rows.next(&named),
        })
    }
}
