//! The chart `helm/hotline`, rendered as operators render it and looked at from outside.
//!
//! Nothing here needs a cluster: Helm renders, schemas of Kubernetes judge, and what only a cluster would show – which
//! connection a network policy lets through – is computed from the rendered objects.

mod helm;
mod network;
mod objects;

mod clusters;
mod config;
mod contradictions;
mod entry;
mod examples;
mod jobs;
mod kubernetes;
mod lint;
mod monitoring;
mod pods;
mod policies;
mod readme;
mod rollout;
mod rules;
mod schema;
mod secrets;
mod services;
mod tls;
