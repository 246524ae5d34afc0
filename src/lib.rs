//! Turns invoice requests from RabbitMQ into PDF documents in S3 and records in SQL.
//!
//! The modules, in reading order: a message comes in through [`broker`] and is processed by [`processor`], which asks the
//! crate [`invoice`] what it means, the crate [`document`] for the PDF, [`storage`] to keep it and [`database`] to record it.
//! [`app`] wires them together from [`config`]. `ARCHITECTURE.md` describes the whole.

// With optimisation, the compiler computes the layout of an asynchronous function together with those of all that it awaits:
// from an audit down to a socket they are about 130 deep. The default limit is 128.
#![recursion_limit = "256"]

pub mod cli;

pub mod activity;
pub mod app;
pub mod asyncapi;
pub mod audit;
pub mod dead_letters;
pub mod e_invoices;
pub mod erasure;
pub mod export;
pub mod http;
pub mod invoices;
pub mod observe;
pub mod processor;
pub mod repairs;
pub mod replays;
pub mod requests;
pub mod setup;
pub mod status;
pub mod template_archive;
pub mod worker;

pub mod broker;
pub mod database;
pub mod storage;

pub mod contract;

pub mod blocking;
pub mod config;
pub mod duration;
mod held;
pub mod moment;
pub mod outages;
pub mod output;
mod pace;
pub mod patience;
mod polling;
pub mod readiness;
pub mod retry;
pub mod telemetry;
pub mod text;
pub mod trust;
