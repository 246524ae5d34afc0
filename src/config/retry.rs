//! Retries.

use std::time::Duration;

use clap::Args;

use super::parse;
use crate::retry::RetryPolicy;

/// Retries.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Retry settings")]
pub struct RetrySettings {
    /// How long a failing call is repeated before its message goes to a retry queue, in seconds
    #[arg(
        long,
        env = "RETRY_IN_PLACE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 15,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(0..=600), hide_short_help = true)]
    pub retry_in_place_seconds: u64,

    /// Delays before the next attempts, in seconds, one retry queue each; the last one repeats
    #[arg(
        long,
        env = "RETRY_DELAYS_SECONDS",
        value_name = "LIST",
        value_delimiter = ',',
        global = true
    )]
    #[arg(default_value = "5,30,300", value_parser = parse::delay, hide_short_help = true)]
    pub retry_delays_seconds: Vec<u32>,

    /// Age at which a message that still fails is dead-lettered, in seconds
    #[arg(
        long,
        env = "RETRY_MAX_AGE_SECONDS",
        value_name = "SECONDS",
        default_value_t = 86_400,
        global = true
    )]
    #[arg(value_parser = parse::within::<u64>(1..=31_536_000), hide_short_help = true)]
    pub retry_max_age_seconds: u64,
}

impl RetrySettings {
    /// The settings as a policy.
    pub fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            in_place: Duration::from_secs(self.retry_in_place_seconds),
            delays: self
                .retry_delays_seconds
                .iter()
                .map(|seconds| Duration::from_secs((*seconds).into()))
                .collect(),
            max_age: Duration::from_secs(self.retry_max_age_seconds),
        }
    }
}
