//! The event types that each reader takes must be owned by its source.

use analytics::consumers::{Read, callback, intake, routing, supervision};
use hotline_proto::{event_type, every_event, owner};
use uuid::Uuid;

use crate::story::recorded;

const READERS: [(&str, Read); 4] = [
    (intake::SOURCE, intake::read),
    (routing::SOURCE, routing::read),
    (supervision::SOURCE, supervision::read),
    (callback::SOURCE, callback::read),
];

/// No figure depends on these. They change neither the codes nor the outcome of an appeal; `reply_reviewed` is a
/// decision, which counts after routing applies it; a notice counts when it is issued, whatever follows.
const PASSED_OVER: [&str; 6] = [
    "transfer_acknowledged",
    "appellant_asked",
    "appeal_supplemented",
    "reply_reviewed",
    "risk_notice_fed_back",
    "risk_notice_verified",
];

#[test]
fn each_reader_takes_what_its_source_owns_and_nothing_else() {
    let mut untaken = Vec::new();
    for body in every_event() {
        let (name, owner) = (event_type(&body), owner(&body));
        let takers: Vec<&str> = READERS
            .into_iter()
            .filter(|(source, read)| {
                let event = recorded(source, 1, Uuid::from_u128(1), 1, body.clone());
                // A reader that takes a type refuses its event with empty fields.
                !matches!(read(&event), Ok(None))
            })
            .map(|(source, _)| source)
            .collect();
        match takers.as_slice() {
            [] => untaken.push(name),
            [taker] => assert_eq!(*taker, owner, "{name}"),
            several => panic!("{name} is taken by {several:?}"),
        }
    }
    assert_eq!(untaken, PASSED_OVER);
}
