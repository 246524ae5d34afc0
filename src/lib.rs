//! Turns invoice requests from RabbitMQ into PDF documents in S3 and records in SQL.
//!
//! The modules, in reading order: a message comes in through [`broker`] and is processed by [`processor`], which asks the
//! crate [`invoice`] what it means, the crate [`document`] for the PDF, [`storage`] to keep it and [`database`] to record it.
//! [`app`] wires them together from [`config`]. `ARCHITECTURE.md` describes the whole.

pub mod cli;

pub mod app;
pub mod audit;
pub mod dead_letters;
pub mod invoices;
pub mod processor;
pub mod requests;
pub mod template_archive;
pub mod worker;

pub mod broker;
pub mod database;
pub mod storage;

pub mod contract;

pub mod config;
pub mod duration;
pub mod output;
pub mod readiness;
pub mod retry;
pub mod telemetry;
pub mod text;
pub mod trust;
