//! The audit reports every kind of broken promise.

use super::audit::{Broken, DeadLetter, Event, Found, Object, Row, Xml, audit};
use super::ledger::{Entry, Kind, Ledger, PROFILES};
use super::random::Random;

/// A ledger, and what there is when everything went well.
fn well() -> (Vec<Entry>, Found) {
    let entries = Ledger::plan(&mut Random::new(3), 200, &PROFILES).entries;
    let mut found = Found::default();
    for entry in &entries {
        let identity = entry.identity.clone().unwrap_or_default();
        let taken = found.rows.iter().position(|row| row.identity == identity);
        let code = match (entry.expected_code(), taken) {
            (Some(code), _) => Some(code),
            (None, None) => None,
            (None, Some(row)) if entry.digest.as_ref() == Some(&found.rows[row].request_digest) => {
                None
            }
            (None, Some(_)) => Some("conflict"),
        };
        found.events.push(Event {
            id: entry.digest.clone().unwrap_or_default(),
            generated: code.is_none(),
            subject: entry.identity.clone(),
            message_id: entry.message_id.clone(),
        });
        match code {
            Some(code) => found.dead_letters.push(DeadLetter {
                message_id: entry.message_id.clone(),
                code: code.to_owned(),
                body: entry.body.clone(),
                open: true,
            }),
            None if taken.is_none() => {
                let key = format!("invoices/{identity}.pdf");
                let object = Object {
                    sha256: format!("digest of {key}"),
                    size_bytes: 1,
                };
                found.objects.insert(key.clone(), object.clone());
                let xml = entry.has_e_invoice.then(|| {
                    let key = key.replace(".pdf", ".xml");
                    let sha256 = format!("digest of {key}");
                    let size_bytes = 1;
                    found.objects.insert(
                        key.clone(),
                        Object {
                            sha256: sha256.clone(),
                            size_bytes,
                        },
                    );
                    Xml { key, sha256 }
                });
                found.rows.push(Row {
                    identity,
                    generated: true,
                    error_code: None,
                    request_digest: entry.digest.clone().expect("a digest"),
                    digest_of_request: entry.digest.clone(),
                    object_key: Some(key),
                    object: Some(object),
                    xml,
                });
            }
            None => {}
        }
    }
    (entries, found)
}

/// What the audit says when this is not as it should be.
fn check(expected: fn(String) -> Broken, spoil: impl FnOnce(&mut Found)) {
    let (entries, mut found) = well();
    spoil(&mut found);
    let broken = audit(&entries, &found);
    let kind = std::mem::discriminant(&expected(String::new()));
    let seen = broken
        .iter()
        .any(|broken| std::mem::discriminant(broken) == kind);
    assert!(seen, "{broken:#?}");
}

#[test]
fn nothing_is_said_where_everything_is_in_order() {
    let (entries, mut found) = well();
    assert_eq!(audit(&entries, &found), []);
    // The dead-letter queue and the events are at-least-once.
    found.dead_letters.extend(found.dead_letters.clone());
    found.events.extend(found.events.clone());
    assert_eq!(audit(&entries, &found), []);
}

#[test]
fn what_is_lost_is_missed() {
    check(Broken::Lost, |found| drop(found.rows.pop()));
    check(Broken::Lost, |found| drop(found.objects.pop_first()));
    check(Broken::Lost, |found| drop(found.dead_letters.pop()));
    check(Broken::Lost, |found| found.dead_letters[0].open = false);
    check(Broken::Lost, |found| {
        found.held.insert("invoice.requests".into(), 1);
    });
    check(Broken::Silent, |found| drop(found.events.pop()));
}

#[test]
fn what_is_there_twice_is_seen() {
    check(Broken::Twice, |found| {
        found.rows.push(found.rows[0].clone())
    });
    check(Broken::Twice, |found| {
        let (entries, _) = well();
        let good = entries.iter().find(|entry| entry.kind == Kind::Good);
        let good = good.expect("a good one");
        found.dead_letters.push(DeadLetter {
            message_id: good.message_id.clone(),
            code: "conflict".into(),
            body: good.body.clone(),
            open: true,
        });
    });
    check(Broken::Twice, |found| {
        let mut event = found.events[0].clone();
        event.id.push('x');
        found.events.push(event);
    });
}

#[test]
fn what_was_changed_is_seen() {
    check(Broken::Wrong, |found| {
        let mut object = found.objects.first_entry().expect("an object");
        object.get_mut().sha256.push('x');
    });
    check(Broken::Wrong, |found| {
        found.rows[0].request_digest = "another".into();
    });
    check(Broken::Wrong, |found| {
        found.dead_letters[0].code = "storage_unreachable".into();
    });
    check(Broken::Wrong, |found| found.dead_letters[0].body.clear());
    check(Broken::Wrong, |found| found.rows[0].generated = false);
}

/// The place of a row with an e-invoice.
fn with_xml(found: &Found) -> usize {
    let place = found.rows.iter().position(|row| row.xml.is_some());
    place.expect("a row with an e-invoice")
}

#[test]
fn what_is_wrong_with_an_e_invoice_is_seen() {
    check(Broken::Lost, |found| {
        let place = with_xml(found);
        let xml = found.rows[place].xml.as_ref().expect("an e-invoice");
        found.objects.remove(&xml.key);
    });
    check(Broken::Lost, |found| {
        let place = with_xml(found);
        let xml = found.rows[place].xml.take().expect("an e-invoice");
        found.objects.remove(&xml.key);
    });
    check(Broken::Wrong, |found| {
        let place = with_xml(found);
        let xml = found.rows[place].xml.as_mut().expect("an e-invoice");
        xml.sha256.push('x');
    });
    check(Broken::Beyond, |found| {
        let place = found
            .rows
            .iter()
            .position(|row| row.generated && row.xml.is_none());
        let key = found.rows[place.expect("one without")].object_key.clone();
        let key = key.expect("a key").replace(".pdf", ".xml");
        let object = found.objects.values().next().expect("an object").clone();
        found.objects.insert(key, object);
    });
}

#[test]
fn results_without_a_request_are_seen() {
    check(Broken::Beyond, |found| {
        found.rows[0].identity = "a/b/c/d/e".into();
    });
    check(Broken::Beyond, |found| {
        let object = found.objects.values().next().expect("an object").clone();
        found
            .objects
            .insert("invoices/a/b/c/d/e.pdf".into(), object);
    });
    check(Broken::Beyond, |found| {
        found.dead_letters[0].message_id = "unknown".into();
    });
}
