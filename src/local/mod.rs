//! The program without any server but the broker: for `demo`, `dev` and the tests.

pub mod demo;
pub mod environment;
pub mod s3;
pub mod samples;
