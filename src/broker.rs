//! The message broker: RabbitMQ, AMQP 0-9-1. The only module that names lapin. Knows no use case.
//!
//! A [`Subscription`] gives [`Delivery`]s, which are settled by acknowledging them; the [`Publisher`] publishes with confirms
//! on a connection of its own; the [`Topology`] declares what both need.

pub mod connection;
mod deadline;
pub mod death;
pub mod delivery;
pub mod depths;
pub mod error;
mod failure_log;
mod fitting;
mod frame_repair;
pub mod headers;
pub mod lane;
pub mod listener;
pub mod outgoing;
pub mod publisher;
mod refusals;
pub mod replayed;
mod returned;
pub mod rights;
mod stored;
mod stream;
pub mod subscription;
pub mod topology;
mod traced;

pub use connection::Endpoint;
pub use death::Death;
pub use delivery::Delivery;
pub use error::BrokerError;
pub use headers::{Progress, Reason};
pub use lane::Lane;
pub use outgoing::{Outgoing, Routing};
pub use publisher::Publisher;
pub use rights::Needed;
pub use subscription::{Beside, Subscription};
pub use topology::Topology;
