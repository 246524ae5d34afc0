//! Compares what was published with what is there afterwards. Pure, so that its eyes can be tested.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Entry;

/// Everything that is there when the drill is over.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    /// Digest and size of every object, by its key.
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) dead_letters: Vec<DeadLetter>,
    pub(super) events: Vec<Event>,
    /// Messages that queues hold, those in the hands of a consumer included.
    pub(super) held: BTreeMap<String, u64>,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) identity: String,
    pub(super) generated: bool,
    pub(super) error_code: Option<String>,
    pub(super) request_digest: String,
    /// Computed again from the request in the row.
    pub(super) digest_of_request: Option<String>,
    pub(super) object_key: Option<String>,
    pub(super) object: Option<Object>,
    pub(super) xml: Option<Xml>,
}

/// The e-invoice of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Xml {
    pub(super) key: String,
    pub(super) sha256: String,
}

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) sha256: String,
    pub(super) size_bytes: usize,
}

#[derive(Clone, Debug)]
pub(super) struct DeadLetter {
    pub(super) message_id: String,
    pub(super) code: String,
    pub(super) body: Vec<u8>,
    /// Whether it waits for a person, and was not replayed.
    pub(super) open: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) generated: bool,
    /// The identity, where it is about a document.
    pub(super) subject: Option<String>,
    /// The message that it is about.
    pub(super) message_id: String,
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Broken {
    /// A confirmed request came to no end.
    Lost(String),
    /// It came to two different ends, or to one twice.
    Twice(String),
    /// It came to an end that it should not have come to.
    Wrong(String),
    /// Something is there that nobody asked for.
    Beyond(String),
    /// No event was published for it.
    Silent(String),
    /// A worker ended that nobody had stopped or killed.
    Ended(String),
    /// Programs used more and more memory.
    Grew(String),
}

/// Every promise that was broken, sorted.
pub(super) fn audit(entries: &[Entry], found: &Found) -> Vec<Broken> {
    let mut audit = Audit {
        found,
        dead: BTreeMap::new(),
        broken: BTreeSet::new(),
    };
    for letter in &found.dead_letters {
        audit
            .dead
            .entry(&letter.message_id)
            .or_default()
            .push(letter);
    }
    let mut valid: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        match (entry.expected_code(), &entry.identity) {
            (None, Some(identity)) => valid.entry(identity).or_default().push(entry),
            (Some(code), _) => audit.dead_lettered(entry, code),
            (None, None) => audit.broken(Broken::Wrong, format!("the ledger itself: {entry:?}")),
        }
    }
    for (identity, entries) in &valid {
        audit.generated(identity, entries);
    }
    audit.beyond(entries, &valid);
    audit.broken.into_iter().collect()
}

struct Audit<'a> {
    found: &'a Found,
    /// By message id.
    dead: BTreeMap<&'a str, Vec<&'a DeadLetter>>,
    broken: BTreeSet<Broken>,
}

impl Audit<'_> {
    fn broken(&mut self, how: fn(String) -> Broken, what: String) {
        self.broken.insert(how(what));
    }

    /// What the drill replays fails again.
    fn came_back(&mut self, letters: &[&DeadLetter]) {
        for letter in letters.iter().filter(|letter| !letter.open) {
            let what = format!("{}: replayed, and did not come back", letter.message_id);
            self.broken(Broken::Lost, what);
        }
    }

    /// A message that must be dead-lettered with this code. The same letter may be there more than once: what follows
    /// the dead-letter queue tells them apart by id, body and code.
    fn dead_lettered(&mut self, entry: &Entry, code: &str) {
        let id = &entry.message_id;
        match self.dead.get(id.as_str()).cloned() {
            None => self.broken(
                Broken::Lost,
                format!("{id}: no dead letter, expected {code}"),
            ),
            Some(letters) => {
                self.came_back(&letters);
                for letter in letters {
                    if letter.code != code || letter.body != entry.body {
                        let is = &letter.code;
                        let what = format!("{id}: dead letter {is}, expected {code} and its body");
                        self.broken(Broken::Wrong, what);
                    }
                }
            }
        }
        if !self.is_announced(|event| !event.generated && event.message_id == *id) {
            self.broken(Broken::Silent, format!("{id}: no event about its failure"));
        }
        let rows = self.found.rows.iter();
        let its = rows.filter(|row| Some(&row.identity) == entry.identity.as_ref());
        for row in its {
            if row.generated || row.error_code.as_deref() != Some(code) {
                self.broken
                    .insert(Broken::Wrong(format!("{id}: {row:?}, expected {code}")));
            }
        }
    }

    /// An identity of which exactly one document must be there, made from one of these requests. Others under the same
    /// identity are conflicts.
    fn generated(&mut self, identity: &str, entries: &[&Entry]) {
        let found = self.found;
        let rows: Vec<_> = found
            .rows
            .iter()
            .filter(|row| row.identity == identity)
            .collect();
        let row = match rows[..] {
            [] => return self.broken(Broken::Lost, format!("{identity}: no row")),
            [row] => row,
            _ => return self.broken(Broken::Twice, format!("{identity}: {} rows", rows.len())),
        };
        if !row.generated {
            return self.broken(Broken::Wrong, format!("{identity}: {row:?}"));
        }
        let key = format!("invoices/{identity}.pdf");
        let object = found.objects.get(&key);
        if object.is_none() {
            self.broken(Broken::Lost, format!("{identity}: no object"));
        } else if row.object_key.as_ref() != Some(&key) || row.object.as_ref() != object {
            let (key, says) = (&row.object_key, &row.object);
            let what = format!("{identity}: the row says {key:?} {says:?}, there is {object:?}");
            self.broken(Broken::Wrong, what);
        }
        if row.digest_of_request.as_ref() != Some(&row.request_digest) {
            self.broken(Broken::Wrong, format!("{identity}: not its request"));
        }

        let issued = entries
            .iter()
            .find(|entry| entry.digest.as_ref() == Some(&row.request_digest));
        if let Some(entry) = issued {
            self.e_invoice(identity, row, entry.has_e_invoice);
        }

        let mut is_known = false;
        for entry in entries {
            let id = &entry.message_id;
            let letters = self.dead.get(id.as_str()).cloned().unwrap_or_default();
            if entry.digest.as_ref() == Some(&row.request_digest) {
                is_known = true;
                for letter in letters {
                    let code = &letter.code;
                    let what = format!("{id}: generated, and dead-lettered with {code}");
                    self.broken(Broken::Twice, what);
                }
            } else {
                self.dead_lettered_as_conflict(entry, &letters);
            }
        }
        if !is_known {
            let what = format!("{identity}: generated from a request that was not published");
            self.broken(Broken::Wrong, what);
        }

        let events = found.events.iter();
        let about =
            events.filter(|event| event.generated && event.subject.as_deref() == Some(identity));
        let ids: BTreeSet<_> = about.map(|event| &event.id).collect();
        match ids.len() {
            0 => self.broken(Broken::Silent, format!("{identity}: no event about it")),
            1 => {}
            _ => self.broken(Broken::Twice, format!("{identity}: events {ids:?}")),
        }
    }

    /// The XML of a document, which has one exactly if its request asks for it: all workers store it.
    fn e_invoice(&mut self, identity: &str, row: &Row, is_expected: bool) {
        let key = format!("invoices/{identity}.xml");
        let object = self.found.objects.get(&key);
        match (&row.xml, object) {
            (None, None) if is_expected => {
                self.broken(Broken::Lost, format!("{identity}: no e-invoice"));
            }
            (None, None) => {}
            (Some(xml), Some(object)) if is_expected => {
                if xml.key != key || xml.sha256 != object.sha256 {
                    let what = format!("{identity}: the row says {xml:?}, there is {object:?}");
                    self.broken(Broken::Wrong, what);
                }
            }
            (Some(_), None) => self.broken(Broken::Lost, format!("{identity}: no XML")),
            (None | Some(_), Some(_)) => self.broken(Broken::Beyond, format!("the XML {key}")),
        }
    }

    fn dead_lettered_as_conflict(&mut self, entry: &Entry, letters: &[&DeadLetter]) {
        let id = &entry.message_id;
        if letters.is_empty() {
            self.broken(
                Broken::Lost,
                format!("{id}: no dead letter, expected conflict"),
            );
        }
        self.came_back(letters);
        for letter in letters {
            if letter.code != "conflict" || letter.body != entry.body {
                let code = &letter.code;
                let what = format!("{id}: dead letter {code}, expected conflict and its body");
                self.broken(Broken::Wrong, what);
            }
        }
        if !self.is_announced(|event| !event.generated && event.message_id == *id) {
            self.broken(Broken::Silent, format!("{id}: no event about the conflict"));
        }
    }

    fn beyond(&mut self, entries: &[Entry], valid: &BTreeMap<&str, Vec<&Entry>>) {
        let identities: BTreeSet<_> = entries
            .iter()
            .filter_map(|entry| entry.identity.as_deref())
            .collect();
        let found = self.found;
        for row in &found.rows {
            if !identities.contains(row.identity.as_str()) {
                self.broken(Broken::Beyond, format!("a row of {}", row.identity));
            }
        }
        for key in found.objects.keys() {
            let identity = key.strip_prefix("invoices/");
            let identity = identity.and_then(|key| {
                let xml = || key.strip_suffix(".xml");
                key.strip_suffix(".pdf").or_else(xml)
            });
            if !identity.is_some_and(|identity| valid.contains_key(identity)) {
                self.broken(Broken::Beyond, format!("the object {key}"));
            }
        }
        let ids: BTreeSet<_> = entries
            .iter()
            .map(|entry| entry.message_id.as_str())
            .collect();
        for letter in &found.dead_letters {
            if !ids.contains(letter.message_id.as_str()) {
                self.broken(
                    Broken::Beyond,
                    format!("the dead letter {}", letter.message_id),
                );
            }
        }
        for (queue, count) in &found.held {
            if *count > 0 {
                self.broken(Broken::Lost, format!("{queue} holds {count} messages"));
            }
        }
    }

    fn is_announced(&self, is_it: impl Fn(&Event) -> bool) -> bool {
        self.found.events.iter().any(is_it)
    }
}
