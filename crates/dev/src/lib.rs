//! What developers run and production never links: the demo, development servers, an S3 server over a folder, benchmarks.

pub mod bench;
pub mod cli;
pub mod demo;
pub mod environment;
mod http;
mod running;
pub mod s3;
pub mod samples;
