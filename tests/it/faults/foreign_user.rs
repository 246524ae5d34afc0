//! `user_id`: RabbitMQ takes a message with this property only from the user that it names. What another user's message
//! becomes must not carry it.

use invoice_worker::broker::topology::REQUESTED;
use invoice_worker::database::dead_letters::Selection;
use invoice_worker::database::{Database, DeadLetterStatus};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Confirmation, Connection, ConnectionProperties};

use super::impatient;
use super::servers::PrivateServer;
use crate::harness::{Options, World, eventually, samples};
use crate::proxy::{Mode, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_another_user_are_retried_dead_lettered_and_replayed() {
    let rabbitmq = PrivateServer::rabbitmq().await;
    let world = World::new(Options {
        amqp_url: Some(rabbitmq.url.clone()),
        ..impatient()
    })
    .await;
    let user = "rabbit_auth_backend_internal:add_user(<<\"orders\">>, <<\"secret\">>, <<\"test\">>), \
        rabbit_auth_backend_internal:set_permissions(<<\"orders\">>, <<\"/\">>, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"test\">>).";
    rabbitmq.eval(user).await;
    let (proxy, endpoint) = Proxy::before(&world.variables["AWS_ENDPOINT_URL_S3"]);
    proxy.set(Mode::Refuse);
    let variables = [
        ("AWS_ENDPOINT_URL_S3", &*endpoint),
        ("ARCHIVE_DEAD_LETTERS", "true"),
    ];
    let mut worker = world.worker(&variables).await;
    // From now on dead letters go to the archive, and not to the test that looks whether there are any.
    worker.emits("archiving").await;
    let url = rabbitmq.url.replace("guest:guest", "orders:secret");
    let good = samples::many(1).remove(0);
    publish_as_orders(&url, &world, &good).await;
    publish_as_orders(&url, &world, b"{").await;
    worker.reaches_attempt(2).await;
    proxy.set(Mode::Pass);
    world.assert_settled(1, 0).await;

    let url = world.settings.database.url().expect("a URL");
    let database = Database::connect(url, false).await;
    let database = database.expect("the database can be reached");
    let failures = async |count: i32| {
        eventually("the dead letter", async || {
            let rows = database.dead_letters(&Selection::default(), 0, 10).await;
            match rows.expect("the archive can be read").as_slice() {
                [row] if row.failures == count && row.status == DeadLetterStatus::Open => Ok(()),
                other => Err(other.to_vec()),
            }
        })
        .await;
    };
    failures(1).await;
    let replay = world.program(&["dead-letters", "replay", "1", "--reason", "it is fixed"]);
    replay.run().await.succeeded();
    failures(2).await;
    worker.stop().await;
    assert!(worker.events("publish_failed").is_empty());
}

async fn publish_as_orders(url: &str, world: &World, body: &[u8]) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await;
    let connection = connection.expect("the user may connect");
    let channel = connection.create_channel().await.expect("a channel");
    let confirms = channel.confirm_select(ConfirmSelectOptions::default());
    confirms.await.expect("confirms");
    let properties = BasicProperties::default()
        .with_user_id("orders".into())
        .with_delivery_mode(2);
    let exchange = world.topology.exchange.as_str().into();
    let options = BasicPublishOptions::default();
    let published = channel.basic_publish(exchange, REQUESTED.into(), options, body, properties);
    let confirmed = published.await.expect("published").await;
    let confirmed = confirmed.expect("confirmed");
    assert!(
        matches!(confirmed, Confirmation::Ack(None)),
        "{confirmed:?}"
    );
    connection.close(200, "done".into()).await.expect("closed");
}
