//! The message broker: RabbitMQ, AMQP 0-9-1. The only module that names lapin, and the only one that settles messages.
//!
//! [`worker`] consumes and settles, [`publisher`] publishes with confirms on a connection of its own, [`topology`]
//! declares what both need.

pub mod connection;
pub mod error;
pub mod headers;
pub mod listener;
pub mod publisher;
pub mod topology;
pub mod worker;

pub use error::BrokerError;
pub use publisher::{Outgoing, Publisher};
pub use topology::Topology;
