//! Request and answer of `GetReview`.

use async_trait::async_trait;
use hotline_proto::supervision as pb;
use hotline_proto::supervision::get_review_request::Name as Asked;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use tonic::Status;
use verbs::{At, Question};

use super::Supervision;
use super::fields::{confined_to, review};
use crate::actions::get_review::{GetReview, get_review};
use crate::store::reviews::{Name, requirement};

#[async_trait]
impl Question<Supervision> for GetReview {
    const NAME: &'static str = "get_review";
    type Request = pb::GetReviewRequest;
    type Answer = pb::GetReviewResponse;

    /// A caller with a unit is confined to it.
    fn read(request: &pb::GetReviewRequest, caller: &Caller, _: &At<Supervision>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let name = match &request.name {
            Some(Asked::ReviewId(id)) => fields.uuid("review_id", id).map(Name::Id),
            Some(Asked::ReplyId(id)) => fields.uuid("reply_id", id).map(Name::Reply),
            None => {
                fields.refuse("review_id", "must be given, or reply_id");
                None
            }
        };
        let query = name.map(|name| Self {
            name,
            unit: confined_to(caller),
            reader: caller.actor(),
        });
        fields.read(query)
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::GetReviewResponse, Status> {
        let now = at.now;
        let reading = at.service.store.run(Self::NAME, move |tx| {
            let query = self.clone();
            Box::pin(async move { get_review(tx, &query, now).await })
        });
        let found = reading.await?;
        let requirement = match found.requirement {
            None => String::new(),
            Some(sealed) => {
                at.service
                    .sealer
                    .unseal(requirement(found.listed.review.id), &sealed)
                    .await?
            }
        };
        Ok(pb::GetReviewResponse {
            review: Some(review(found.listed)),
            requirement,
        })
    }
}
