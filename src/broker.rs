//! The message broker: RabbitMQ, AMQP 0-9-1. The only module that names lapin, and the only one that settles messages.
//!
//! [`worker`] consumes and settles, [`archiver`] stores dead letters, [`publisher`] publishes with confirms on a
//! connection of its own, [`topology`] declares what all of them need.

pub mod archiver;
pub mod connection;
pub mod dead_letter;
pub mod error;
mod frames;
mod handling;
pub mod headers;
pub mod listener;
pub mod publisher;
mod session;
mod stored;
pub mod topology;
mod transport;
pub mod worker;

pub use archiver::Archiver;
pub use error::BrokerError;
pub use publisher::{Outgoing, Publisher};
pub use topology::Topology;
