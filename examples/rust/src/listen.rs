//! Follows all results with a queue of its own, and prints a line for each.
//!
//!     listen-to-invoices QUEUE [COUNT]
//!
//! Ends after COUNT results if that is given.

use std::collections::HashSet;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties};
use order_service_example::{Event, Outcome, exchange, required, wrong_usage};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (queue, count) = match &*arguments {
        [queue] => (queue, usize::MAX),
        [queue, count] => match count.parse() {
            Ok(count @ 1..) => (queue, count),
            Ok(_) | Err(_) => {
                return wrong_usage(&format!("COUNT is {count}, expected a whole number from 1"));
            }
        },
        _ => return wrong_usage("usage: listen-to-invoices QUEUE [COUNT]"),
    };
    let amqp_url = match required("AMQP_URL", "amqp://user:password@host:5672/%2f") {
        Ok(amqp_url) => amqp_url,
        Err(problem) => return wrong_usage(&problem),
    };
    match listen(&amqp_url, queue, count).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is lost: what was not acknowledged is delivered again.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn listen(amqp_url: &str, queue: &str, count: usize) -> anyhow::Result<()> {
    let connection = Connection::connect(amqp_url, ConnectionProperties::default())
        .await
        .context("cannot connect to the broker")?;
    let channel = connection.create_channel().await?;
    // Durable: results are kept while this program is away.
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    channel
        .queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments)
        .await?;
    for routing_key in ["invoice.generated", "invoice.failed"] {
        channel
            .queue_bind(
                queue.into(),
                exchange().into(),
                routing_key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
    }
    channel.basic_qos(50, BasicQosOptions::default()).await?;
    let mut deliveries = channel
        .basic_consume(
            queue.into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    println!("listening to {queue}");
    // A program that stores results remembers these ids with them: events are published at least once.
    let mut seen = HashSet::new();
    while let Some(delivery) = deliveries.next().await {
        let delivery = delivery.context("the connection to the broker is lost")?;
        let event: Event =
            serde_json::from_slice(&delivery.data).context("a message is no event")?;
        if seen.insert(event.id.clone()) {
            println!("{}", described(&event)?);
        }
        // Only after the result is kept.
        delivery.ack(BasicAckOptions::default()).await?;
        if seen.len() >= count {
            connection.close(200, "".into()).await?;
            return Ok(());
        }
    }
    bail!("the broker has cancelled the consumer: its queue was deleted")
}

fn described(event: &Event) -> anyhow::Result<String> {
    let subject = event.subject.as_deref().unwrap_or("an unknown invoice");
    Ok(match event.outcome()? {
        Outcome::Generated(data) => {
            format!(
                "generated {subject} {} {} {}",
                data.currency, data.gross_minor, data.url
            )
        }
        Outcome::Failed(data) => format!("failed {subject} {} {}", data.code, data.detail),
        Outcome::Unknown => format!("ignored {subject} {}", event.kind),
    })
}
