//! The form of an edit has the request exactly as it is, and stores exactly what is sent.

use serde_json::{Value, json};

use super::{OPERATE, Page, field, location, serve};
use crate::api::operators::right;
use crate::dead_letters::{archived, database, letter};
use crate::harness::{Options, World};

const EDIT: &str = "/dead-letters/1/edit";

/// Text of HTML as a browser gives it to a form.
fn unescaped(html: &str) -> String {
    let pairs = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    pairs
        .iter()
        .fold(html.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The request in the form.
fn shown(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"request\"").expect("the field");
    let (_, rest) = rest.split_once('>').expect("the end of its tag");
    let (text, _) = rest.split_once("</textarea>").expect("its end");
    // A browser leaves out the first line break.
    unescaped(text.strip_prefix('\n').unwrap_or(text))
}

/// A message whose bytes say more than its values do: numbers that no float holds, members in an order of their own, escapes, and
/// white space.
fn message() -> String {
    let request = right(1);
    let members = request.as_object().expect("an object").iter().rev();
    let members: Vec<String> = members
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
        .collect();
    format!(
        "{{\"zz\":[1.10,1e+20,12345678901234567890.123,-0.0,0.1E+2], \"aa\":\"\\u00e9\\/<b>&amp;\",\t{}}}\n",
        members.join(",")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_text_of_the_form_changes_nothing() {
    let world = World::new(Options::sqlite()).await;
    let database = database(&world).await;
    let payload = message();
    let mut stored = letter(1, "totals_mismatch");
    stored.payload = payload.clone().into_bytes();
    let done = database.store_dead_letters(&[stored]).await;
    done.expect("stored");
    let before = archived(&database).await.remove(0);
    let serve = serve(&world).await;
    let page = Page::sign_in(&serve, OPERATE).await;
    let html = page
        .get(EDIT)
        .await
        .shows(&["It is the request that is stored."]);
    let text = shown(&html);
    // One line a value, with two spaces for each step, and every part as it is.
    let beginning = "{\n  \"zz\": [\n    1.10,\n    1e+20,\n    12345678901234567890.123,\n    -0.0,\n    0.1E+2\n  ],\n  \
        \"aa\": \"\\u00e9\\/<b>&amp;\",\n";
    assert!(text.starts_with(beginning), "{text}");
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(bare(&text), bare(&payload));
    let version = field(&html, "version").expect("a version");
    // Browsers end lines with both characters.
    let text = text.replace('\n', "\r\n");
    let fields = [
        ("version", version.as_str()),
        ("request", text.as_str()),
        ("reason", "nothing at all"),
        ("action", "save"),
    ];
    let saved = page.post(EDIT, &fields).await;
    page.get(&location(&saved))
        .await
        .shows(&["nothing was changed"]);
    assert_eq!(archived(&database).await, [before]);
    // What is changed is stored as it was sent.
    let changed = text.replace("1.10", "1.100");
    let fields = [fields[0], ("request", &changed), fields[2], fields[3]];
    let saved = page.post(EDIT, &fields).await;
    page.get(&location(&saved))
        .await
        .shows(&["The new request is stored."]);
    let row = archived(&database).await.remove(0);
    let stored = String::from_utf8(row.payload).expect("UTF-8");
    assert_eq!(stored, changed.replace("\r\n", "\n"));
    assert_eq!(json!(stored.matches("12345678901234567890.123").count()), 1);
}
