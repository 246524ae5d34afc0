//! What people see of a conflict, and of what is shortened elsewhere.

use serde_json::{Value, json};

use super::{ARCHIVING, database, letter, run, wait_for_open};
use crate::harness::{Options, World, samples};

#[tokio::test(flavor = "multi_thread")]
async fn the_fields_in_which_a_conflict_differs_from_the_issued_request_are_shown() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let mut worker = world.worker(&[ARCHIVING]).await;
    let issued = samples::receipt();
    world.publish(issued.to_string()).await;
    world.assert_settled(1, 0).await;
    let mut other = issued.clone();
    other["lines"][0]["name"] = json!("Another thing");
    world.publish(other.to_string()).await;
    let id = wait_for_open(&database, 1).await[0].id.to_string();
    worker.stop().await;

    let shown = run(&world, &["show", &id]).await.succeeded();
    let change = format!(
        "/lines/0/name: {} -> \"Another thing\"",
        issued["lines"][0]["name"]
    );
    assert!(shown.contains(&change), "{change}: {shown}");
    let parts = samples::identity(&issued).parts().join(" ");
    let command = format!("invoice-worker show {parts}\n");
    assert!(shown.contains(&command), "{shown}");
    let details = run(&world, &["show", &id, "--json"]).await.succeeded();
    let details: Value = serde_json::from_str(&details).expect("JSON");
    let differences = details["differences"].as_array().expect("a list");
    assert_eq!(differences.len(), 1, "{details}");
    assert_eq!(differences[0]["pointer"], "/lines/0/name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_the_whole_detail_of_its_newest_letter_on_postgresql() {
    a_group_has_the_whole_detail_of_its_newest_letter(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_the_whole_detail_of_its_newest_letter_on_sqlite() {
    a_group_has_the_whole_detail_of_its_newest_letter(Options::sqlite()).await;
}

async fn a_group_has_the_whole_detail_of_its_newest_letter(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    let detail = |number: u32| format!("line {number} is wrong {}", "and so on ".repeat(100));
    let letters: Vec<_> = (1..=3)
        .map(|index| {
            let mut letter = letter(index, "totals_mismatch");
            letter.detail = detail(u32::try_from(index).expect("small"));
            letter
        })
        .collect();
    database.store_dead_letters(&letters).await.expect("stored");
    let groups = run(&world, &["groups", "--json"]).await.succeeded();
    let groups: Value = serde_json::from_str(&groups).expect("JSON");
    assert_eq!(groups[0]["count"], 3, "{groups}");
    assert_eq!(groups[0]["example"], detail(3), "{groups}");
    let pattern = groups[0]["detail"].as_str().expect("a text");
    assert!(pattern.starts_with("line # is wrong"), "{groups}");
}
