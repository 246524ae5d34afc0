//! The program as a whole, against real servers: every test starts processes of the binary, talks to them through
//! RabbitMQ and looks at what they leave in the database and in the bucket.
//!
//! nextest runs every test in a process of its own, so there is nothing to share: each creates a [`harness::World`] with
//! queues, a database and a bucket of its own.

mod harness;

mod activity;
mod api;
mod architecture;
mod audit;
mod bad_input;
mod bodies;
mod browser;
mod cli;
mod contracts;
mod dead_letters;
mod documented_events;
mod documents;
mod duplicates;
mod e_invoices;
mod envelopes;
mod erasure;
mod examples;
mod export;
mod hold_back;
mod kill_points;
mod lanes;
mod languages;
mod logs;
mod observe;
mod ops;
mod path;
mod permissions;
mod poison;
mod recorded_url;
mod repairs;
mod replies;
mod setup;
mod status;
mod storage_options;
mod strictness;
mod template_archive;
mod templates;
mod traces;
mod upgrades;

mod chaos;
mod faults;
mod proxy;
