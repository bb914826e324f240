//! Verbs of routing on a real Postgres. Each file is named after its verb.

mod accused_unit;
mod close_order;
mod confined;
mod consumers;
mod dispatch_order;
mod doctor;
mod get_directory;
mod get_order;
mod get_order_history;
mod judge_dissatisfaction;
mod linked_appeals;
mod list_orders;
mod migrated;
mod newer;
mod note_progress;
mod open_order;
mod publish_calendar;
mod publish_catalogue;
mod publish_limits;
mod publish_units;
mod record_contact;
mod requests;
mod review_reply;
mod sign_order;
mod submit_reply;
mod world;
