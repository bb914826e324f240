//! The gRPC edge: what every server and client has, so that services only parse, act and render.

pub mod client;
pub mod detach;
pub mod fields;
pub mod guard;
pub mod page;
pub mod server;
pub mod status;
pub mod time;
