//! What is wrong with a page: faults of accessibility, errors in the console, weight.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{Browser, Scheme, Width};
use crate::harness::poll::eventually;

/// Finds what axe-core has to say: its rules for WCAG 2.2 AA and for good practice, and the size of targets, which it would
/// leave out. A run in which no rule applied has looked at nothing.
const RUN: &str = "return axe.run(document, { rules: { 'target-size': { enabled: true } } })
    .then(({ violations, passes }) => ({ violations, passes: passes.length }))";

/// Sums the bytes of the page and of all that it has loaded, as they came over the network. What is in the page itself comes with
/// it.
const WEIGHT: &str = "return performance.getEntries()
    .filter(({ entryType }) => entryType === 'navigation' || entryType === 'resource')
    .filter(({ name }) => !name.startsWith('data:'))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)";

/// By how many pixels the page is wider than the window.
const OVERHANG: &str = "return document.documentElement.scrollWidth - innerWidth";

/// Lists where the forms of the page send changes to.
const CHANGES: &str = "return [...document.forms]
    .filter(({ method }) => method === 'post').map((form) => form.getAttribute('action'))";

/// The media type of documents.
const PDF: &str = "application/pdf";

/// The texts of the lines that are marked as faulty.
const MARKED: &str =
    "return [...document.querySelectorAll('.line.marked')].map((line) => line.textContent)";

/// The type of the document in the page's frame.
const FRAMED: &str = "return document.querySelector('iframe')?.contentDocument?.contentType";

/// Sends a form with these fields that the page does not have, with the secret of the session.
const SEND: &str = "const form = document.createElement('form');
    form.method = 'post';
    form.action = arguments[0];
    const secret = document.querySelector('[name=csrf]').value;
    for (const [name, value] of [['csrf', secret], ...arguments[1]]) {
        const field = document.createElement('input');
        field.name = name;
        field.value = value;
        form.append(field);
    }
    document.body.append(form);
    form.submit()";

/// Every way in which a page is looked at, the usual one last.
const LOOKS: [(Width, Scheme); 4] = [
    (Width::Narrow, Scheme::Light),
    (Width::Narrow, Scheme::Dark),
    (Width::Wide, Scheme::Dark),
    (Width::Wide, Scheme::Light),
];

impl Browser {
    /// Checks the page that is shown with axe-core, narrow and wide, each dark and light, and that nothing of it lies beside the
    /// window. Leaves the browser wide and light.
    pub(crate) async fn is_accessible(&self) {
        for (width, scheme) in LOOKS {
            self.resize(width).await;
            self.prefer(scheme).await;
            let overhang = self.script(OVERHANG).await;
            let overhang = overhang.as_i64().expect("a number");
            let page = format!("{}, {width:?}, {scheme:?}", self.url().await);
            assert!(overhang <= 0, "{page}: {overhang} pixels too wide");
            let found = self.axe().await;
            assert!(found.is_empty(), "{page}:\n{found}");
        }
        let url = self.url().await;
        self.looked_at.lock().expect("the pages").push(url);
    }

    /// The URLs of the pages that [`Browser::is_accessible`] has checked.
    pub(crate) fn looked_at(&self) -> Vec<String> {
        self.looked_at.lock().expect("the pages").clone()
    }

    /// What axe-core finds on the page that is shown; nothing if all is well.
    pub(crate) async fn axe(&self) -> String {
        let is_loaded = self.script("return 'axe' in window").await;
        if is_loaded == false {
            self.script(&axe_core()).await;
        }
        let result = self.script(RUN).await;
        let passes = result["passes"].as_u64();
        assert!(passes > Some(0), "axe-core has found nothing to look at");
        let violations = result["violations"].as_array().expect("a list");
        violations.iter().map(readable).collect()
    }

    /// The errors and warnings that pages have left in the console since this was asked last: those of scripts, of the
    /// content security policy, and calls that failed.
    pub(crate) async fn faults(&self) -> Vec<String> {
        let log = json!({ "type": "browser" });
        let entries = self.driver.command("/se/log", &log).await;
        let entries = entries.as_array().expect("a list").iter();
        let faults =
            entries.filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        faults
            .map(|entry| text(&entry["message"]).to_owned())
            .collect()
    }

    /// The addresses that the forms of the page send changes to.
    pub(crate) async fn changes(&self) -> Vec<String> {
        let actions = self.script(CHANGES).await;
        let actions = actions.as_array().expect("a list").iter();
        actions.map(|action| text(action).to_owned()).collect()
    }

    /// The lines of a request that are marked as faulty.
    pub(crate) async fn marked(&self) -> Vec<String> {
        let lines = self.script(MARKED).await;
        let lines = lines.as_array().expect("a list").iter();
        lines.map(|line| text(line).trim().to_owned()).collect()
    }

    /// Waits until the frame of the page shows a PDF.
    pub(crate) async fn frames_a_pdf(&self) {
        eventually("a PDF in the frame", async || {
            let shown = self.script(FRAMED).await;
            if shown == PDF { Ok(()) } else { Err(shown) }
        })
        .await;
    }

    /// Waits until a PDF is opened instead of a page.
    pub(crate) async fn opens_a_pdf(&self) {
        eventually("a PDF", async || {
            let shown = self.script("return document.contentType").await;
            if shown == PDF { Ok(()) } else { Err(shown) }
        })
        .await;
    }

    /// Sends a form that the page does not have, with the secret of the session, as a visitor does who makes one.
    pub(crate) async fn send(&self, action: &str, fields: &[(&str, &str)]) {
        self.script_with(SEND, &json!([action, fields])).await;
    }

    /// Bytes of the page that is shown with all that it has loaded, compressed as they were sent.
    pub(crate) async fn weight(&self) -> u64 {
        let weight = self.script(WEIGHT).await;
        weight.as_u64().expect("a number")
    }
}

/// The script that `scripts/local/install axe` has installed.
fn axe_core() -> String {
    let path = "target/tools/axe/node_modules/axe-core/axe.min.js";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(file).unwrap_or_else(|error| {
        panic!("{path}: {error}: `scripts/local/install axe` installs it, and `make test` does")
    })
}

/// A violation with the elements that it is about.
fn readable(violation: &Value) -> String {
    let mut found = format!(
        "{} ({}): {}\n",
        text(&violation["id"]),
        text(&violation["impact"]),
        text(&violation["help"])
    );
    for node in violation["nodes"].as_array().into_iter().flatten() {
        let summary = text(&node["failureSummary"]).replace('\n', "\n    ");
        let _ = writeln!(found, "  {}\n    {summary}", text(&node["html"]));
    }
    found
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
