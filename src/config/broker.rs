//! The message broker.

use clap::Args;

use super::{ConfigError, MaskedUrl, parse};

/// The message broker.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Broker settings")]
pub struct BrokerSettings {
    /// RabbitMQ, as amqp:// or amqps:// URL with user, password and virtual host; other users of the machine can see a flag,
    /// so prefer the variable or .env
    #[arg(long, env = "AMQP_URL", value_name = "URL", value_parser = parse::amqp_url, global = true)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub amqp_url: Option<MaskedUrl>,

    /// Exchange for requests and events; change it to run several systems on one broker
    #[arg(
        long,
        env = "AMQP_EXCHANGE",
        value_name = "NAME",
        default_value = "invoices",
        global = true
    )]
    #[arg(value_parser = parse::name, hide_short_help = true)]
    pub amqp_exchange: String,

    /// Queue of requests; the retry and dead-letter queues are named after it
    #[arg(
        long,
        env = "AMQP_QUEUE",
        value_name = "NAME",
        default_value = "invoice.requests",
        global = true
    )]
    #[arg(value_parser = parse::name, hide_short_help = true)]
    pub amqp_queue: String,

    /// Publish each event to the exchange, also where the request names a queue in reply_to; false: then to that queue only
    #[arg(
        long,
        env = "REPLIES_TO_EXCHANGE",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = true, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub replies_to_exchange: bool,

    /// Deliveries of one message before the broker itself dead-letters it; an argument of the queue
    #[arg(
        long,
        env = "DELIVERY_LIMIT",
        value_name = "COUNT",
        default_value_t = 20,
        global = true
    )]
    #[arg(value_parser = parse::within::<u32>(1..=10_000), hide_short_help = true)]
    pub delivery_limit: u32,
}

impl BrokerSettings {
    /// Deliveries after which a worker dead-letters a message as one that kills workers: half of what the broker allows, so
    /// that the dead letter has a reason.
    pub fn quarantine_after(&self) -> u32 {
        (self.delivery_limit / 2).max(1)
    }

    /// The broker's URL.
    pub fn url(&self) -> Result<&MaskedUrl, ConfigError> {
        self.amqp_url.as_ref().ok_or_else(|| {
            ConfigError::missing("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672/%2f")
        })
    }
}
