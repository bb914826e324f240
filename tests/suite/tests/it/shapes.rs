//! Walks the contracts and sends every field of every request with invalid content. Each is refused by its path, also
//! when other fields are missing, and the content never reaches the program.

use hosting::Name;
use hotline_proto::access::grant;
use hotline_proto::intake::PushAppealsResponse;
use hotline_proto::intake::push_appeals_response::Result as Pushed;
use platform::auth::TokenSource;
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value,
};
use rpc::client::{Peer, peer};
use testkit::at;
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt as _;

use crate::access::{SERVICES, principal};
use crate::fixture::Five;

/// A field of a request, with its parent fields.
type Path = Vec<FieldDescriptor>;

/// Invalid content of a field; none when every value of its type is valid.
fn wrong(field: &FieldDescriptor) -> Vec<Value> {
    match field.kind() {
        // The last one is longer than any text of a contract may be.
        Kind::String => ["甲\0乙", "甲\u{1}乙", "甲\u{FFFF}乙", &"甲".repeat(20_000)]
            .map(|text| Value::String(text.to_owned()))
            .to_vec(),
        Kind::Enum(_) => [9_999, -1].map(Value::EnumNumber).to_vec(),
        Kind::Int32 => vec![Value::I32(-1)],
        // Like a page size, it is cut to the most.
        Kind::Uint32 if field.full_name() == "hotline.common.v1.ReadEventsRequest.limit" => Vec::new(),
        Kind::Uint32 => vec![Value::U32(u32::MAX)],
        Kind::Int64 => vec![Value::I64(-1)],
        _ => Vec::new(),
    }
}

/// Times and days count as fields here. Their content lies before the years that the edge accepts.
fn is_whole(message: &MessageDescriptor) -> bool {
    matches!(message.full_name(), "google.protobuf.Timestamp" | "google.type.Date")
}

fn leaves(message: &MessageDescriptor, way: &Path, found: &mut Vec<Path>) {
    for field in message.fields() {
        let mut path = way.clone();
        path.push(field.clone());
        match field.kind() {
            Kind::Message(inner) if !is_whole(&inner) => leaves(&inner, &path, found),
            _ => found.push(path),
        }
    }
}

/// A message with only this field.
fn only(message: &MessageDescriptor, path: &[FieldDescriptor], value: &Value) -> DynamicMessage {
    let mut whole = DynamicMessage::new(message.clone());
    let (field, rest) = path.split_first().expect("a path has a field");
    let value = match field.kind() {
        Kind::Message(inner) if !rest.is_empty() => Value::Message(only(&inner, rest, value)),
        _ => value.clone(),
    };
    let value = if field.is_list() {
        Value::List(vec![value])
    } else {
        value
    };
    whole.set_field(field, value);
    whole
}

fn far(field: &FieldDescriptor) -> Option<Value> {
    let Kind::Message(time) = field.kind() else { return None };
    let is_day = time.full_name() == "google.type.Date";
    let mut at = DynamicMessage::new(time);
    if is_day {
        for (part, number) in [("year", 1999), ("month", 12), ("day", 31)] {
            at.set_field_by_name(part, Value::I32(number));
        }
    } else {
        at.set_field_by_name("seconds", Value::I64(-62_135_596_800));
    }
    Some(Value::Message(at))
}

/// The path as violations write it: `items[0].name`.
fn written(path: &[FieldDescriptor]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|field| format!("{}{}", field.name(), if field.is_list() { "[0]" } else { "" }))
        .collect();
    parts.join(".")
}

/// The results of a batch, or one result of a stream: what both have in common.
#[derive(Clone, PartialEq, prost::Message)]
struct Results {
    #[prost(message, repeated, tag = "1")]
    results: Vec<ItemResult>,
}

/// The result of one item.
#[derive(Clone, PartialEq, prost::Message)]
struct ItemResult {
    #[prost(message, optional, tag = "3")]
    refused: Option<tonic_types::pb::Status>,
}

/// The fields that a refused item names, as paths of its batch or stream.
fn refused_item(result: Option<&ItemResult>, prefix: &str) -> Result<Vec<String>, String> {
    let Some(refused) = result.and_then(|result| result.refused.clone()) else {
        return Err("the item was accepted".to_owned());
    };
    let status = Status::with_details(refused.code.into(), &refused.message, refused.encode_to_vec().into());
    let fields = violated(&status)?;
    Ok(fields.into_iter().map(|field| format!("{prefix}.{field}")).collect())
}

/// The fields that a status names.
fn violated(status: &Status) -> Result<Vec<String>, String> {
    let details = status.get_error_details();
    match details.bad_request() {
        Some(bad) if status.code() == Code::InvalidArgument => Ok(bad
            .field_violations
            .iter()
            .map(|violation| violation.field.clone())
            .collect()),
        _ => Err(said(status)),
    }
}

/// The fields that an answer refuses, or its other message.
async fn refused(peer: &Peer, method: &MethodDescriptor, message: DynamicMessage) -> Result<Vec<String>, String> {
    let rpc = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = rpc.parse().expect("a path");
    let mut client = tonic::client::Grpc::new(peer.clone());
    client.ready().await.expect("a connection");
    if method.is_server_streaming() && method.name() != "PushAppeals" {
        let codec: ProstCodec<DynamicMessage, ItemResult> = ProstCodec::default();
        let items = Request::new(tokio_stream::once(message));
        let answers = client.streaming(items, path, codec).await;
        let mut answers = answers.map_err(|status| said(&status))?.into_inner();
        let answer = answers.message().await.map_err(|status| said(&status))?;
        let item = method.input().fields().next().expect("an item");
        return refused_item(answer.as_ref(), item.name());
    }
    if method.is_server_streaming() && method.is_client_streaming() {
        let codec: ProstCodec<DynamicMessage, PushAppealsResponse> = ProstCodec::default();
        let items = Request::new(tokio_stream::once(message));
        let answers = client.streaming(items, path, codec).await;
        let mut answers = answers.map_err(|status| said(&status))?.into_inner();
        let answer = answers
            .message()
            .await
            .map_err(|status| said(&status))?
            .expect("an answer");
        return match answer.result {
            Some(Pushed::Refused(refusal)) if refusal.reason == "INVALID_ARGUMENT" => Ok(refusal
                .violations
                .into_iter()
                .map(|violation| violation.field)
                .collect()),
            other => Err(format!("{other:?}")),
        };
    }
    if method.output().get_field_by_name("results").is_some() {
        let codec: ProstCodec<DynamicMessage, Results> = ProstCodec::default();
        let answer = client.unary(Request::new(message), path, codec).await;
        let results = answer.map_err(|status| said(&status))?.into_inner().results;
        return refused_item(results.first(), "items[0]");
    }
    let codec: ProstCodec<DynamicMessage, ()> = ProstCodec::default();
    let answer = if method.is_client_streaming() {
        // The stream has one part.
        let parts = Request::new(tokio_stream::once(message));
        client.client_streaming(parts, path, codec).await
    } else {
        client.unary(Request::new(message), path, codec).await
    };
    let Err(status) = answer else {
        return Err("it was answered".to_owned());
    };
    violated(&status)
}

fn said(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

/// Pairs of texts: a plain one, and the same text as programs send it. A field accepts both or neither.
const PLAIN: &str = "甲 乙";
const DRESSED: [&str; 3] = [
    "\u{FEFF}甲\t乙\n",
    "\u{202D}甲\u{B}乙\u{202C}\u{C}",
    "\r\n甲\u{85}\u{2028}乙\u{200F}\u{2029}",
];

fn refuses(answer: &Result<Vec<String>, String>, place: &str) -> bool {
    answer
        .as_ref()
        .is_ok_and(|fields| fields.iter().any(|field| field == place))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_of_every_request_refuses_what_it_must_not_have() {
    let five = Five::start(at(1, 9, 0)).await;
    let pool = DescriptorPool::decode(hotline_proto::DESCRIPTORS).expect("compiled in");
    let (mut walked, mut texts, mut taken) = (0, 0, Vec::new());
    for (name, own) in Name::ALL.into_iter().zip(SERVICES) {
        for service in [own, eventlog::RPC_SERVICE] {
            let service = pool.get_service_by_name(service).expect("it is in the contracts");
            for method in service.methods() {
                let rpc = format!("/{}/{}", service.full_name(), method.name());
                let (role, _) = grant(&rpc).expect("a row").roles[0];
                let tokens = TokenSource::of(five.suite.issuer.clone(), principal(role));
                let peer = peer(five.suite.url(name), &tokens).expect("a URL");
                let mut paths = Vec::new();
                leaves(&method.input(), &Vec::new(), &mut paths);
                for path in paths {
                    let field = path.last().expect("a path has a field");
                    let place = written(&path);
                    let full = format!("{}.{place}", method.name());
                    let values = far(field).map_or_else(|| wrong(field), |at| vec![at]);
                    for value in values {
                        let message = only(&method.input(), &path, &value);
                        walked += 1;
                        match refused(&peer, &method, message).await {
                            Ok(fields) if fields.contains(&place) => {}
                            Ok(fields) => taken.push(format!("{full} = {value:?}: refused are {fields:?}")),
                            Err(instead) => taken.push(format!("{full} = {value:?}: {instead}")),
                        }
                    }
                    if field.kind() != Kind::String {
                        continue;
                    }
                    let text = |text: &str| only(&method.input(), &path, &Value::String(text.to_owned()));
                    if refuses(&refused(&peer, &method, text(PLAIN)).await, &place) {
                        continue;
                    }
                    texts += 1;
                    for dressed in DRESSED {
                        let answer = refused(&peer, &method, text(dressed)).await;
                        if refuses(&answer, &place) {
                            taken.push(format!("{full} = {dressed:?} is refused, {PLAIN:?} is not"));
                        }
                    }
                }
            }
        }
    }
    assert_eq!(taken.join("\n"), "");
    assert!(walked > 300, "{walked}");
    assert!(texts > 20, "{texts}");
    five.stop().await;
}
