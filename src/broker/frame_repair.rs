//! Repairs what the broker sends where the AMQP client could not read it.
//!
//! Short strings (message ids, names of headers, routing keys) are UTF-8 by the specification, AMQP 0-9-1, 4.2.5.3.
//! RabbitMQ passes on whatever bytes a publisher has put there. The client closes its connection over them, at every
//! delivery again: one message would stop all workers, and then the archive. The client also follows nested tables by
//! recursion, so that a header that is nested deeply enough exhausts its stack.
//!
//! The client closes its connection over frames that are longer than agreed, too. RabbitMQ sends them: the headers of its
//! own that it adds to a message are not held to the limit.
//!
//! So every frame is read before the client sees it ([`frames`]), in a stream of our own below the client
//! ([`transport`]). Each byte that is not UTF-8 becomes a question mark, and a table or array that is nested too deep
//! becomes a byte array. Both keep all lengths. A content header that is too long loses headers ([`oversized`]).

mod frames;
mod oversized;
mod payload;
mod transport;

pub(super) use transport::connect;
