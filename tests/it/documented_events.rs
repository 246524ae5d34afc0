//! `docs/request.md` shows events as they are.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::harness::{Message, Options, World, eventually, samples};

/// The page, from the heading of its events on.
fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/request.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (_, events) = page.split_once("\n## Events\n").expect("the heading");
    events.to_owned()
}

/// The examples of events on the page, in its order.
fn examples(page: &str) -> Vec<Value> {
    let blocks = page.split("```json\n").skip(1);
    let examples = blocks.filter_map(|block| {
        let (example, _) = block.split_once("```")?;
        serde_json::from_str(example).ok()
    });
    examples.collect()
}

/// The members and the types of their values. A moment is of a type of its own; of a list the first item counts.
fn form(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(text) if is_moment(text) => json!("moment"),
        Value::String(_) => json!("text"),
        Value::Array(items) => items.first().map(form).into_iter().collect(),
        Value::Object(members) => {
            let members = members.iter();
            let form = members.map(|(name, value)| (name.clone(), form(value)));
            form.collect::<Map<_, _>>().into()
        }
    }
}

/// RFC 3339, in UTC, with microseconds.
fn is_moment(text: &str) -> bool {
    const FORM: &str = "dddd-dd-ddTdd:dd:dd.ddddddZ";
    text.len() == FORM.len()
        && text
            .bytes()
            .zip(FORM.bytes())
            .all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                form => byte == form,
            })
}

/// The events about three requests: one that is generated, another one of its identity, and one that is not valid.
async fn events(world: &World) -> [Value; 3] {
    let receipt = samples::receipt();
    let mut other = receipt.clone();
    other["lines"][0]["quantity"] = json!("3");
    let mut invalid = samples::invoice();
    invalid["totals"]["gross"] = json!("278.21");
    let mut events = Vec::new();
    for request in [receipt, other, invalid] {
        let message = Message::new(request.to_string());
        world.send(&message).await;
        let event = eventually("its event", async || {
            let events = world.events().await;
            let mut events = events.iter().map(|event| event.json());
            events
                .rfind(|event| event["data"]["requestMessageId"] == *message.message_id)
                .ok_or(())
        });
        events.push(event.await);
    }
    events.try_into().expect("three")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_events_have_the_form_of_real_ones_and_every_member_is_described() {
    let world = World::new(Options::default()).await;
    let mut worker = world.worker(&[]).await;
    let [generated, conflict, failed] = events(&world).await;
    worker.stop().await;
    let page = page();
    let examples = examples(&page);
    for (example, event) in [(0, &generated), (1, &failed)] {
        assert_eq!(
            examples.get(example).map(form),
            Some(form(event)),
            "this is how it is:\n{event:#}"
        );
    }
    let is_described = |name: &str| {
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        let name = format!("`{name}`");
        let mut first_cells = rows.filter_map(|row| row.split('|').nth(1));
        assert!(
            first_cells.any(|cell| cell.contains(&name)),
            "no row describes {name}"
        );
    };
    for event in [&generated, &conflict, &failed] {
        let attributes = event.as_object().expect("an object").keys();
        let members = event["data"].as_object().expect("an object").keys();
        attributes
            .chain(members)
            .for_each(|name| is_described(name));
    }
    is_described("traceparent");
    for name in conflict["data"]["issued"]
        .as_object()
        .expect("it was issued")
        .keys()
    {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
