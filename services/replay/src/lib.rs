//! The replay plays a [`scenario`] in a [`city`] and checks every figure of the bulletin.
//!
//! 1. The targets become a plan of calls and cases ([`plan`]).
//! 2. Foreign gRPC clients play the plan with a driven clock ([`driver`]), by the timetable of [`grains`].
//! 3. The four services that own the facts are counted again ([`recount`]).
//! 4. Published figures ([`scenario::published`]), targets ([`figures`]), bulletin and recount are compared ([`compare`]).

pub mod bulletin;
pub mod city;
pub mod clients;
pub mod compare;
pub mod driver;
pub mod figures;
pub mod floor;
pub mod grains;
pub mod plan;
pub mod recount;
pub mod run;
pub mod scenario;
pub mod spent;
pub mod stage;
