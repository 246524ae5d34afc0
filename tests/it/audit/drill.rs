//! Many documents, of which some are damaged in eight ways: all of them are found, nothing else is, and all that can be
//! repaired is. `make audit-drill` runs it with 20,000 documents, `make test` with few.

use std::collections::BTreeMap;
use std::env;
use std::time::Instant;

use super::damage::{Damage, archive};
use super::report::{Report, audit, text};
use super::stock::Stock;
use crate::harness::Options;

/// What an audit may take at its peak. Its renderers are processes of their own.
const MAX_MEMORY_KIB: u64 = 128 << 10;

/// A number of the environment.
pub(super) fn setting(name: &str, default: usize) -> usize {
    let text = env::var(name);
    text.map_or(default, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_damage_is_found_and_what_can_be_repaired_is() {
    let documents = setting("AUDIT_DOCUMENTS", 120);
    let damaged = setting("AUDIT_DAMAGED", 40);
    let stock = Stock::new(Options {
        seaweedfs: true,
        ..Options::default()
    })
    .await;
    let began = Instant::now();
    // Every document that will be rendered again is a real one: half of those that are damaged.
    stock.make(0..damaged / 2).await;
    stock.write(damaged / 2..documents).await;
    println!("{documents} documents made in {:?}", began.elapsed());

    let began = Instant::now();
    let mut expected = Vec::new();
    let mut requests = String::new();
    for number in 0..damaged {
        let (damage, index) = plan(number, damaged, documents);
        let row = stock.row(index).await;
        if damage == Damage::Orphaned {
            // The requests of some are in the archive, those of some in a file, and those of others nowhere.
            match (number / Damage::ALL.len()) % 5 {
                0 | 1 => archive(&stock, &row.request).await,
                2 | 3 => requests.push_str(&format!("{}\n", stock.request(index))),
                _ => {}
            }
        }
        damage.happen_to(&stock, &row).await;
        let key = row.object_key.expect("a key");
        expected.push((damage.code().to_owned(), key));
    }
    println!("{damaged} documents damaged in {:?}", began.elapsed());
    let file = stock.world.path("requests.ndjson");
    std::fs::write(&file, requests).expect("written");
    let file = file.to_str().expect("UTF-8");

    let found = audit(&stock.world, &[]).await;
    print(&found, "damaged");
    assert_eq!(found.code, 3, "{}", found.stderr);
    assert_eq!(found.summary["complete"], true);
    let (mut seen, mut wanted) = (found.found(), expected.clone());
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted);

    let quick = audit(&stock.world, &["--quick"]).await;
    print(&quick, "quick");
    let listed = ["object_missing", "object_cut", "object_orphaned"];
    let by_quick: BTreeMap<_, _> = quick.counts();
    for code in listed {
        assert_eq!(by_quick.get(code), found.counts().get(code), "{code}");
    }
    assert!(quick.found().iter().all(|one| expected.contains(one)));

    let repaired = audit(&stock.world, &["--repair", "--requests", file]).await;
    print(&repaired, "repaired");
    let mut left = 0;
    for finding in &repaired.findings {
        let is_done = finding["repair"] == "done";
        let can_be = Damage::ALL
            .into_iter()
            .any(|damage| damage.code() == text(finding, "code") && damage.can_be_repaired());
        let is_unknown = finding["code"] == "object_orphaned" && !is_done;
        assert!(is_done == can_be || is_unknown, "{finding}");
        left += usize::from(!is_done);
    }
    // An orphan whose request was found in an open dead letter gets its row, and then closes it.
    let unknown = (0..damaged).filter(|number| {
        let (damage, _) = plan(*number, damaged, documents);
        damage == Damage::Orphaned && (number / Damage::ALL.len()) % 5 == 4
    });
    let for_a_person = (0..damaged).filter(|number| {
        let (damage, _) = plan(*number, damaged, documents);
        !damage.can_be_repaired()
    });
    assert_eq!(left, unknown.count() + for_a_person.count());
    assert_eq!(repaired.code, 3, "{}", repaired.stderr);

    let after = audit(&stock.world, &[]).await;
    print(&after, "after the repair");
    assert_eq!(after.findings.len(), left, "{:#?}", after.counts());
    for report in [found, quick, repaired, after] {
        assert!(report.peak_kib < MAX_MEMORY_KIB, "{} KiB", report.peak_kib);
    }
}

/// What happens to which document: those that will be rendered again are the first ones.
fn plan(number: usize, damaged: usize, documents: usize) -> (Damage, usize) {
    let damage = Damage::ALL[number % Damage::ALL.len()];
    let same = Damage::ALL
        .into_iter()
        .filter(|other| other.needs_rendering() == damage.needs_rendering());
    let kinds: Vec<Damage> = same.collect();
    let kind = kinds.iter().position(|other| *other == damage);
    let place = number / Damage::ALL.len() * kinds.len() + kind.expect("one of them");
    if damage.needs_rendering() {
        (damage, place)
    } else {
        // Spread over the others.
        let others = documents - damaged / 2;
        let step = others / damaged.div_ceil(2).max(1);
        (damage, damaged / 2 + place * step)
    }
}

fn print(report: &Report, what: &str) {
    println!(
        "audit, {what}: {:?}, {} MiB, exit code {}, found {:?}",
        report.took,
        report.peak_kib >> 10,
        report.code,
        report.counts()
    );
}
