//! Which rights the broker's user lacks. AMQP has no question for it, so the broker is asked for what it must refuse, and the
//! refusal says whether it was for the right: rights are compared before anything else. Nothing is published and nothing received.

use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection};

use super::error::BrokerError;
use super::lane::Lane;
use super::topology::{GENERATED, Topology, short};

/// Not a number of milliseconds, not a priority, and not the name of a user.
const INVALID: &str = "invoice-worker check";

/// What a program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// It consumes requests, and publishes events, retries and dead letters.
    Worker,
    /// It publishes requests.
    Serve,
}

impl Topology {
    /// Checks that the user may write to the exchanges and read the queues that a program needs, all of which have to be there.
    ///
    /// # Errors
    ///
    /// [`BrokerError::RightMissing`], with all that are missing.
    pub async fn check_rights(
        &self,
        connection: &Connection,
        needed: Needed,
    ) -> Result<(), BrokerError> {
        let requested = Lane::Ordinary.routing_key();
        let (written, read) = match needed {
            Needed::Serve => (vec![(self.exchange.as_str(), requested)], Vec::new()),
            Needed::Worker => (
                vec![
                    (self.exchange.as_str(), GENERATED),
                    (self.dead_exchange.as_str(), ""),
                    // To retry queues, and to those that publishers name for events.
                    ("", INVALID),
                ],
                vec![
                    self.queue(Lane::Ordinary),
                    self.queue(Lane::Bulk),
                    self.dead.clone(),
                ],
            ),
        };
        let mut refusals = Vec::new();
        for (exchange, key) in written {
            refusals.extend(refusal(may_write(connection, exchange, key).await)?);
        }
        for queue in read {
            refusals.extend(refusal(may_read(connection, &queue).await)?);
        }
        match refusals.is_empty() {
            true => Ok(()),
            false => Err(BrokerError::RightMissing(refusals.join("; "))),
        }
    }
}

/// Why the right is missing, if it is. Any other refusal is the expected one.
fn refusal(asked: Result<(), BrokerError>) -> Result<Option<String>, BrokerError> {
    match asked {
        Err(BrokerError::RightMissing(refusal)) => Ok(Some(refusal)),
        Err(error @ BrokerError::Timeout { .. }) => Err(error),
        Ok(()) | Err(_) => Ok(None),
    }
}

/// Publishes a message that the broker refuses twice over: for its expiration, and for the user that it says to be from.
async fn may_write(
    connection: &Connection,
    exchange: &str,
    routing_key: &str,
) -> Result<(), BrokerError> {
    let step = match exchange {
        "" => "publish to the default exchange amq.default".to_owned(),
        _ => format!("publish to exchange {exchange}"),
    };
    let asking = async {
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        let properties = BasicProperties::default()
            .with_expiration(short(INVALID))
            .with_user_id(short(INVALID));
        let published = channel.basic_publish(
            short(exchange),
            short(routing_key),
            BasicPublishOptions::default(),
            &[],
            properties,
        );
        published.await?.await.map(drop)
    };
    asking
        .await
        .map_err(|error| BrokerError::from(error).during(step))
}

/// Consumes with a priority that is not a number, which the broker refuses.
async fn may_read(connection: &Connection, queue: &str) -> Result<(), BrokerError> {
    let asking = async {
        let channel = connection.create_channel().await?;
        channel.basic_qos(1, BasicQosOptions::default()).await?;
        let consumed = consume(&channel, queue).await;
        if consumed.is_ok() {
            channel.close(200, "done".into()).await?;
        }
        consumed
    };
    let step = format!("consume queue {queue}");
    asking
        .await
        .map_err(|error| BrokerError::from(error).during(step))
}

async fn consume(channel: &Channel, queue: &str) -> lapin::Result<()> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-priority".into(), AMQPValue::LongString(INVALID.into()));
    let options = BasicConsumeOptions::default();
    let consuming = channel.basic_consume(short(queue), short(""), options, arguments);
    consuming.await.map(drop)
}
