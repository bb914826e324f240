//! One file per verb, through the served gRPC edge, on a real Postgres.

mod answer_appeal;
mod doctor;
mod forward_appeal;
mod get_appeal;
mod get_reference;
mod hear_orders;
mod list_appeals;
mod list_calls;
mod newer_routing;
mod person_key;
mod publish_reference;
mod push_appeals;
mod read_appeal_text;
mod record_call;
mod register_appeal;
mod scopes;
mod telephone_numbers;
mod wiring;
mod world;
