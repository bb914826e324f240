//! `ListPolicies`: its request and its answer, page by page.

use async_trait::async_trait;
use calendar::local_date;
use hotline_proto::intake as pb;
use platform::auth::Caller;
use platform::status;
use rpc::fields::{Fields, InvalidRequest};
use rpc::time::date_to_proto;
use rpc::versioned::{Changed, Rows};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use super::fields::MAX_NAME;
use crate::actions::list_policies::{ListPolicies, list_policies};
use crate::domain::library::Policy;

/// The filter and the page. An unset day is today.
pub struct Policies(ListPolicies, Rows);

#[async_trait]
impl Question<Intake> for Policies {
    const NAME: &'static str = "list_policies";
    type Request = pb::ListPoliciesRequest;
    type Answer = pb::ListPoliciesResponse;

    fn read(request: &pb::ListPoliciesRequest, _: &Caller, at: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let day = fields.optional_day("day", request.day.as_ref());
        let asked = ListPolicies {
            day: day.unwrap_or_else(|| local_date(at.now)),
            text: fields.optional_line("text", &request.text, MAX_NAME),
            review_before: fields.optional_day("review_before", request.review_before.as_ref()),
        };
        let filter = format!("policies|{asked:?}");
        let rows = Rows::read(&mut fields, request.page_size, &request.page_token, &filter);
        fields.read(Some(Self(asked, rows)))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListPoliciesResponse, Status> {
        let Self(asked, mut rows) = self;
        let (version, all) = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let asked = asked.clone();
                Box::pin(async move { list_policies(tx, &asked).await })
            })
            .await?;
        let named = version.to_string();
        rows.check(&named).map_err(|Changed| status::changed_between_pages())?;
        Ok(pb::ListPoliciesResponse {
            version,
            policies: rows.take(&all).iter().map(policy).collect(),
            next_page_token: rows.next(&named),
        })
    }
}

fn policy(policy: &Policy) -> pb::Policy {
    pb::Policy {
        policy: policy.code.clone(),
        title: policy.title.clone(),
        targets: policy.targets.clone(),
        scope: policy.scope.clone(),
        valid_from: Some(date_to_proto(policy.valid_from)),
        valid_to: policy.valid_to.map(date_to_proto),
        review_day: policy.review_day.map(date_to_proto),
        amount: policy.amount.clone().unwrap_or_default(),
        conditions: policy.conditions.clone().unwrap_or_default(),
    }
}
