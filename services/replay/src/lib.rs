//! The replay: a scenario's targets become a plan ([`plan`]), the plan is played by foreign gRPC clients with a driven
//! clock ([`driver`]), and every figure of the bulletin is compared with its target and with a recount from the four
//! services that own the facts ([`figures`], [`recount`], [`compare`]). What is played is a [`city`].

pub mod bulletin;
pub mod city;
pub mod clients;
pub mod compare;
pub mod driver;
pub mod figures;
pub mod grains;
pub mod plan;
pub mod recount;
pub mod run;
pub mod scenario;
pub mod stage;
pub mod stages;
