//! Requests that hold several requests of one verb, and streams of them.

use tonic_types::pb::Status;

use crate::{callback, intake, routing, supervision};

/// The longest `request_id` that an answer repeats, in bytes. A right one has 36.
const MAX_ECHO: usize = 64;

/// One item with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided<A> {
    /// The item's `request_id`, as sent.
    pub request_id: String,
    /// Its answer, or the error of the verb.
    pub result: Result<A, Status>,
}

/// A request of a verb, as an item of a batch.
pub trait Item {
    /// As sent.
    fn request_id(&self) -> &str;
}

/// A batch in one message.
pub trait Batch {
    /// The verb's request.
    type Item: Item;
    /// The verb's answer.
    type Answer;
    /// The answer to the batch.
    type Response;
    /// Its items.
    fn into_items(self) -> Vec<Self::Item>;
    /// The answer with the results, in the order of the items.
    fn response(results: Vec<Decided<Self::Answer>>) -> Self::Response;
}

/// A message of a stream of items.
pub trait Flow: Send + 'static {
    /// The verb's request.
    type Item: Item + Default;
    /// The verb's answer.
    type Answer;
    /// The answer to one item.
    type Response: Send + 'static;
    /// Its item.
    fn into_item(self) -> Option<Self::Item>;
    /// The answer to one item.
    fn response(result: Decided<Self::Answer>) -> Self::Response;
}

macro_rules! batches {
    ($($package:ident: $batch:ident of $request:ident, $response:ident of $result:ident ($arm:ident) with $answer:ident;)+) => {$(
        impl Item for $package::$request {
            fn request_id(&self) -> &str {
                &self.request_id
            }
        }

        impl Batch for $package::$batch {
            type Item = $package::$request;
            type Answer = $package::$answer;
            type Response = $package::$response;

            fn into_items(self) -> Vec<Self::Item> {
                self.items
            }

            fn response(results: Vec<Decided<Self::Answer>>) -> Self::Response {
                let result = |decided: Decided<Self::Answer>| $package::$result {
                    request_id: echoed(decided.request_id),
                    result: Some(match decided.result {
                        Ok(answer) => $package::$arm::Result::Accepted(answer),
                        Err(status) => $package::$arm::Result::Refused(status),
                    }),
                };
                $package::$response {
                    results: results.into_iter().map(result).collect(),
                }
            }
        }
    )+};
}

macro_rules! flows {
    ($($package:ident: $message:ident ($field:ident) of $request:ident, $response:ident ($arm:ident) with $answer:ident;)+) => {$(
        impl Item for $package::$request {
            fn request_id(&self) -> &str {
                &self.request_id
            }
        }

        impl Flow for $package::$message {
            type Item = $package::$request;
            type Answer = $package::$answer;
            type Response = $package::$response;

            fn into_item(self) -> Option<Self::Item> {
                self.$field
            }

            fn response(decided: Decided<Self::Answer>) -> Self::Response {
                $package::$response {
                    request_id: echoed(decided.request_id),
                    result: Some(match decided.result {
                        Ok(answer) => $package::$arm::Result::Accepted(answer),
                        Err(status) => $package::$arm::Result::Refused(status),
                    }),
                }
            }
        }
    )+};
}

batches! {
    intake: AnswerAppealsRequest of AnswerAppealRequest, AnswerAppealsResponse of AnswerAppealsResult (answer_appeals_result) with AnswerAppealResponse;
    intake: ForwardAppealsRequest of ForwardAppealRequest, ForwardAppealsResponse of ForwardAppealsResult (forward_appeals_result) with ForwardAppealResponse;
    routing: SignOrdersRequest of SignOrderRequest, SignOrdersResponse of SignOrdersResult (sign_orders_result) with SignOrderResponse;
    routing: RecordContactsRequest of RecordContactRequest, RecordContactsResponse of RecordContactsResult (record_contacts_result) with RecordContactResponse;
    routing: SubmitRepliesRequest of SubmitReplyRequest, SubmitRepliesResponse of SubmitRepliesResult (submit_replies_result) with SubmitReplyResponse;
    supervision: ReviewRepliesRequest of ReviewReplyRequest, ReviewRepliesResponse of ReviewRepliesResult (review_replies_result) with ReviewReplyResponse;
    callback: ReportAttemptsRequest of ReportAttemptRequest, ReportAttemptsResponse of ReportAttemptsResult (report_attempts_result) with ReportAttemptResponse;
    callback: RecordOutcomesRequest of RecordOutcomeRequest, RecordOutcomesResponse of RecordOutcomesResult (record_outcomes_result) with RecordOutcomeResponse;
}

flows! {
    intake: RegisterAppealsRequest (appeal) of RegisterAppealRequest, RegisterAppealsResponse (register_appeals_response) with RegisterAppealResponse;
    intake: RecordCallsRequest (call) of RecordCallRequest, RecordCallsResponse (record_calls_response) with RecordCallResponse;
}

/// A `request_id` for an answer, cut where it is too long.
fn echoed(mut request_id: String) -> String {
    let end = (0..=MAX_ECHO.min(request_id.len()))
        .rev()
        .find(|end| request_id.is_char_boundary(*end))
        .unwrap_or_default();
    request_id.truncate(end);
    request_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_request_id_is_cut_between_characters() {
        assert_eq!(echoed("潭".repeat(30)).len(), 63);
        assert_eq!(echoed("short".to_owned()), "short");
    }
}
