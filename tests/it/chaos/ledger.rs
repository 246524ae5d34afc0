//! What the drill publishes, decided beforehand from the seed, and what must become of each message.

use std::fmt;

use dev::samples::Samples;
use document::Catalog;
use invoice_worker::e_invoices::check;
use serde_json::{Value, json};

use super::random::Random;
use crate::harness::samples;

/// Part of the orders on which every worker dies, each time.
pub(super) const KILLS_WORKERS: &str = "worker-killer";

/// Part of the orders on which every renderer dies.
pub(super) const KILLS_RENDERERS: &str = "renderer-killer";

/// The e-invoices that are asked for: some are in the document, one is a file beside it.
pub(super) const PROFILES: [&str; 3] = ["factur-x-en16931", "peppol-bis-3", "xrechnung"];

/// Ten workers die of one such request before it is dead-lettered.
const MESSAGES_PER_WORKER_KILLER: usize = 1_000;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An ordinary request.
    Good,
    /// The same request under another message id and in another spelling.
    Respelled,
    /// Another request under the identity of a good one. One of them wins.
    Conflicting,
    /// No JSON.
    Malformed,
    /// Totals that do not add up.
    WrongTotal,
    /// Kills its renderer.
    KillsRenderers,
    /// Kills its worker.
    KillsWorkers,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Respelled => "respelled",
            Self::Conflicting => "conflicting",
            Self::Malformed => "malformed",
            Self::WrongTotal => "wrong total",
            Self::KillsRenderers => "kills renderers",
            Self::KillsWorkers => "kills workers",
        })
    }
}

/// What properties a message has beside its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Properties {
    Ordinary,
    /// Headers that fill a frame, so that the broker's own do not fit.
    LargeHeaders,
    /// It asks for its events in a queue that is not always available.
    ReplyTo,
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) message_id: String,
    pub(super) kind: Kind,
    pub(super) properties: Properties,
    pub(super) body: Vec<u8>,
    /// Which invoice it is about, as far as that can be read.
    pub(super) identity: Option<String>,
    /// The digest of its content.
    pub(super) digest: Option<String>,
    /// Whether it asks for an e-invoice.
    pub(super) has_e_invoice: bool,
}

impl Entry {
    fn new(message_id: String, kind: Kind, properties: Properties, body: Vec<u8>) -> Self {
        let parsed = invoice::parse(&body, 1 << 20).ok();
        let identity = parsed.as_ref().and_then(|parsed| parsed.identity.as_ref());
        let invoice = parsed.as_ref().map(|parsed| parsed.invoice.as_ref());
        let invoice = invoice.and_then(Result::ok);
        Self {
            identity: identity.map(ToString::to_string),
            has_e_invoice: invoice.is_some_and(|invoice| invoice.e_invoice.is_some()),
            digest: parsed.map(|parsed| parsed.digest.to_string()),
            message_id,
            kind,
            properties,
            body,
        }
    }

    /// The code with which it must be dead-lettered; none if it, or a request that it conflicts with, must be
    /// generated.
    pub(super) fn expected_code(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Good | Kind::Respelled | Kind::Conflicting => None,
            Kind::Malformed => Some("request_malformed"),
            Kind::WrongTotal => Some("totals_mismatch"),
            Kind::KillsRenderers => Some("renderer_crashed"),
            Kind::KillsWorkers => Some("crash_suspect"),
        }
    }

    /// One line of the ledger's file.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "messageId": self.message_id,
            "kind": self.kind.to_string(),
            "properties": format!("{:?}", self.properties),
            "identity": self.identity,
            "digest": self.digest,
            "body": String::from_utf8_lossy(&self.body),
        })
    }
}

/// All messages.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) entries: Vec<Entry>,
    /// What is published, in this order, as places in `entries`: some of them more than once.
    pub(super) sends: Vec<usize>,
}

impl Ledger {
    /// So many publications; with `profiles`, most of those that can be e-invoices ask for one.
    pub(super) fn plan(
        random: &mut Random,
        publications: usize,
        profiles: &[&'static str],
    ) -> Self {
        let catalog = Catalog::load(&samples::templates()).expect("the templates can be read");
        let samples = Samples::new(&catalog, "shop-drill").expect("there are samples");
        let mut planner = Planner {
            random,
            samples,
            profiles: profiles.to_vec(),
            good: Vec::new(),
            ledger: Self::default(),
        };
        for index in 0..publications {
            planner.add(index);
        }
        planner.ledger
    }
}

struct Planner<'a> {
    random: &'a mut Random,
    samples: Samples,
    profiles: Vec<&'static str>,
    /// Places of the good ones, and their requests.
    good: Vec<(usize, Value)>,
    ledger: Ledger,
}

impl Planner<'_> {
    fn add(&mut self, index: usize) {
        if index % MESSAGES_PER_WORKER_KILLER == 50 {
            return self.push(index, Kind::KillsWorkers, KILLS_WORKERS, |_| {});
        }
        match self.random.below(100) {
            _ if self.good.is_empty() => self.push(index, Kind::Good, "order", |_| {}),
            // Most of what comes twice comes twice in a row.
            0..6 => {
                let back = self.random.between(1, self.good.len().min(20));
                let (place, _) = self.good[self.good.len() - back];
                self.ledger.sends.push(place);
            }
            6..9 => {
                let (_, request) = self.random.pick(&self.good).clone();
                let spelled = serde_json::to_vec_pretty(&request).expect("JSON");
                self.push_body(index, Kind::Respelled, spelled);
            }
            9..14 => {
                // Most of them arrive while the other one is being rendered: a store that overwrites would be noticed.
                let recent = self.good.len().saturating_sub(1);
                let from = [0, recent, recent, recent][self.random.below(4)];
                let (_, mut request) = self.random.pick(&self.good[from..]).clone();
                request["buyer"]["name"] = format!("Somebody Else {index}").into();
                self.push_body(index, Kind::Conflicting, request.to_string().into_bytes());
            }
            14..17 => {
                let body = self.request(index, "order").to_string();
                let half = body.len() / 2;
                let cut = (0..=half).rev().find(|at| body.is_char_boundary(*at));
                let body = body[..cut.unwrap_or_default()].to_owned();
                self.push_body(index, Kind::Malformed, body.into_bytes());
            }
            17..20 => self.push(index, Kind::WrongTotal, "order", |request| {
                request["totals"]["gross"] = json!("1.00");
            }),
            20 => self.push(index, Kind::KillsRenderers, KILLS_RENDERERS, |_| {}),
            _ => self.push(index, Kind::Good, "order", |_| {}),
        }
    }

    fn push(&mut self, index: usize, kind: Kind, order: &str, change: impl FnOnce(&mut Value)) {
        let mut request = self.request(index, order);
        change(&mut request);
        if kind == Kind::Good {
            self.good.push((self.ledger.entries.len(), request.clone()));
        }
        self.push_body(index, kind, request.to_string().into_bytes());
    }

    fn push_body(&mut self, index: usize, kind: Kind, body: Vec<u8>) {
        let message_id = format!("message-{index}{}", mark(self.random.below(MARKS)));
        self.ledger.sends.push(self.ledger.entries.len());
        let properties = match self.random.below(100) {
            0..2 => Properties::LargeHeaders,
            2..5 => Properties::ReplyTo,
            _ => Properties::Ordinary,
        };
        let entry = Entry::new(message_id, kind, properties, body);
        self.ledger.entries.push(entry);
    }

    fn request(&mut self, index: usize, order: &str) -> Value {
        let mut request = self.samples.request(index);
        let order = format!("{order}-{index}{}", mark(self.random.below(MARKS)));
        request["marketplace"]["orderId"] = order.into();
        // One in four has none.
        match self.profiles.get(self.random.below(4)) {
            Some(profile) => with_e_invoice_if_valid(request, profile),
            None => request,
        }
    }
}

/// The request with an e-invoice, unless that would not be valid: a receipt has none, and not every sample has what each profile
/// needs.
fn with_e_invoice_if_valid(request: Value, profile: &str) -> Value {
    let with = samples::with_e_invoice(request.clone(), profile);
    let checked = check(with.to_string().as_bytes(), 1 << 20).expect("JSON");
    if checked.parsed.invoice.is_ok() {
        with
    } else {
        request
    }
}

/// How many marks there are.
pub(super) const MARKS: usize = 100;

/// Ends an order's and a message's id, so that a fault hook hits one in a hundred of them.
pub(super) fn mark(number: usize) -> String {
    format!("-m{number:02}-")
}

#[test]
fn a_seed_repeats_its_ledger_and_the_ledger_expects_what_the_checks_find() {
    let ledger = Ledger::plan(&mut Random::new(7), 2_000, &PROFILES);
    let again = Ledger::plan(&mut Random::new(7), 2_000, &PROFILES);
    let asking = ledger.entries.iter().filter(|entry| entry.has_e_invoice);
    assert!(asking.count() > 50, "few ask for an e-invoice");
    let bodies = |ledger: &Ledger| -> Vec<_> {
        let entries = ledger.entries.iter();
        entries.map(|entry| entry.body.clone()).collect()
    };
    assert_eq!(ledger.sends, again.sends);
    assert_eq!(bodies(&ledger), bodies(&again));
    for entry in &ledger.entries {
        let code = match invoice::parse(&entry.body, 1 << 20) {
            Ok(parsed) => parsed.invoice.err().map(|invalid| invalid.code().as_str()),
            Err(invalid) => Some(invalid.code().as_str()),
        };
        match entry.kind {
            Kind::Malformed | Kind::WrongTotal => assert_eq!(code, entry.expected_code()),
            Kind::Good
            | Kind::Respelled
            | Kind::Conflicting
            | Kind::KillsRenderers
            | Kind::KillsWorkers => assert_eq!(code, None, "{entry:?}"),
        }
    }
}
