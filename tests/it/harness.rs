//! What every test needs: a [`World`] of servers, workers in it, and waiting with a deadline.

mod authority;
mod broker;
mod browser;
mod collector;
mod database;
mod environment;
pub(crate) mod http;
mod log;
mod poll;
mod port;
mod process;
mod program;
pub(crate) mod raw_amqp;
pub(crate) mod samples;
mod schema;
mod serve;
mod storage;
mod worker;
mod world;

pub(crate) use authority::{Authority, ServerFiles};
pub(crate) use broker::{Message, Received};
pub(crate) use browser::{Browser, Scheme, Width};
pub(crate) use collector::{Collector, TestSpan};
pub(crate) use database::{HeldInserts, refuse_all_but_ascii, waits_for_a_lock};
pub(crate) use environment::variable;
pub(crate) use log::Entry;
pub(crate) use poll::{DEADLINE, eventually, eventually_within};
pub(crate) use port::closed_port;
pub(crate) use process::peak_kib;
pub(crate) use program::{Finished, Program, program};
pub(crate) use serve::Serve;
pub(crate) use worker::WorkerProcess;
pub(crate) use world::{Options, World};
