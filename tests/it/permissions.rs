//! The rights of `docs/permissions.md`: they are enough, and a right that is missing is named.

mod broker;
mod bucket;
mod documented;
mod order_service;

use crate::faults::servers::PrivateServer;

/// The page that is tested.
const PAGE: &str = include_str!("../../docs/permissions.md");

/// The rights of a user on the page: to configure, write and read.
fn documented(user: &str) -> [&'static str; 3] {
    let start = format!("rabbitmqctl set_permissions {user} ");
    let line = PAGE
        .lines()
        .find_map(|line| line.trim().strip_prefix(&start));
    let patterns: Vec<&str> = line
        .unwrap_or_else(|| panic!("the page has no user {user}"))
        .split('\'')
        .filter(|part| !part.trim().is_empty())
        .collect();
    patterns.try_into().expect("three patterns")
}

/// Makes a user of RabbitMQ, and answers the URL with which it logs in.
async fn user(rabbitmq: &PrivateServer, name: &str, rights: [&str; 3]) -> String {
    let [configure, write, read] = rights.map(|pattern| pattern.replace('\\', "\\\\"));
    let expression = format!(
        "rabbit_auth_backend_internal:add_user(<<\"{name}\">>, <<\"secret\">>, <<\"test\">>), \
         rabbit_auth_backend_internal:set_permissions(<<\"{name}\">>, <<\"/\">>, <<\"{configure}\">>, <<\"{write}\">>, \
         <<\"{read}\">>, <<\"test\">>)."
    );
    rabbitmq.eval(&expression).await;
    rabbitmq
        .url
        .replace("guest:guest", &format!("{name}:secret"))
}

/// The names of the page.
fn default_names() -> Vec<(&'static str, String)> {
    vec![
        ("AMQP_EXCHANGE", "invoices".to_owned()),
        ("AMQP_QUEUE", "invoice.requests".to_owned()),
        ("RETRY_IN_PLACE_SECONDS", "0".to_owned()),
    ]
}
