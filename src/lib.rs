//! Turns invoice requests from RabbitMQ into PDF documents in S3 and records in SQL.
//!
//! The modules, in reading order: a message comes in through [`broker`], is processed by [`processor`], which asks
//! [`invoice`] what it means, [`document`] for the PDF, [`storage`] to keep it and [`database`] to record it.
//! [`app`] wires them together as [`config`] says. `ARCHITECTURE.md` tells the whole story.

pub mod cli;

pub mod app;
pub mod broker;
pub mod processor;

pub mod invoice;

pub mod database;
pub mod document;
pub mod storage;

pub mod config;
pub mod digest;
pub mod faults;
pub mod output;
pub mod retry;
pub mod telemetry;

pub mod bench;
pub mod local;
