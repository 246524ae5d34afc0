//! Every route of the page that shows a page is looked at by axe-core. The routes are read from the source.

use std::collections::BTreeSet;
use std::path::Path;

/// Routes that answer with a file or a picture, or lead to another page.
const NO_PAGES: [&str; 9] = [
    "/sign-in/oidc",
    "/sign-in/oidc/done",
    "/assets/{name}",
    "/favicon.ico",
    "/export/zip",
    "/invoices/{platform}/{shop}/{order}/{package}/{sequence}/document",
    "/invoices/{platform}/{shop}/{order}/{package}/{sequence}/xml",
    "/templates/{digest}/{sample}",
    "/templates/{digest}/{sample}/sheet",
];

/// Pages that a journey looks at: the file of the test, and the name of the page in it.
const ELSEWHERE: [(&str, &str, &str); 6] = [
    ("/sign-in", "pages.rs", "sign-in"),
    ("/erasures/new", "erasures.rs", "erasure-new"),
    ("/erasures/{id}", "erasures.rs", "erasure-running"),
    ("/templates/try", "test_invoice.rs", "template-try"),
    ("/test-invoice", "test_invoice.rs", "test-invoice"),
    (
        "/test-invoice/{order}",
        "test_invoice.rs",
        "test-invoice-recorded",
    ),
];

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The routes that are opened with GET.
fn routes() -> BTreeSet<String> {
    let source = read("src/http/ops.rs");
    let (_, invoice) = source
        .split_once("const INVOICE: &str = \"")
        .expect("the page of an invoice");
    let (invoice, _) = invoice.split_once('"').expect("its end");
    let mut found = BTreeSet::new();
    for call in source.split(".route(").skip(1) {
        let (path, handlers) = call.split_once(',').expect("a path and its handlers");
        if !handlers.contains("get(") {
            continue;
        }
        let path = match path.split('"').nth(1) {
            Some(path) => path.replace("{INVOICE}", invoice),
            None => invoice.to_owned(),
        };
        found.insert(path);
    }
    found
}

/// Whether a route leads to this path.
fn is_of(route: &str, path: &str) -> bool {
    let (expected, parts) = (route.split('/'), path.split('/'));
    let is_part = |(one, other): (&str, &str)| one.starts_with('{') || one == other;
    expected.clone().count() == parts.clone().count() && expected.zip(parts).all(is_part)
}

/// Checks that these pages, and those of the journeys, are all that there are.
pub(super) fn are_all_looked_at(urls: &[String]) {
    let routes = routes();
    let mut left = routes.clone();
    for route in NO_PAGES {
        assert!(left.remove(route), "there is no route {route} any more");
    }
    for (route, file, name) in ELSEWHERE {
        assert!(left.remove(route), "there is no route {route} any more");
        let looks = format!("is_good(&browser, \"{name}\")");
        let source = read(&format!("tests/it/browser/{file}"));
        assert!(source.contains(&looks), "{file} does not look at {route}");
    }
    for url in urls {
        let url = url::Url::parse(url).expect("a URL");
        // A route without parameters goes before one with them.
        let plain = routes.get(url.path()).cloned();
        let route = plain.or_else(|| routes.iter().find(|it| is_of(it, url.path())).cloned());
        left.remove(&route.unwrap_or_default());
    }
    assert!(left.is_empty(), "axe-core has not looked at {left:?}");
}

#[test]
fn routes_are_read_with_their_parameters() {
    let routes = routes();
    for route in [
        "/",
        "/sign-in",
        "/repairs/new",
        "/dead-letters/{id}/edits/{edit}",
        "/test-invoice",
        "/invoices/{platform}/{shop}/{order}/{package}/{sequence}",
        "/invoices/{platform}/{shop}/{order}/{package}/{sequence}/xml",
    ] {
        assert!(routes.contains(route), "{route} is not in {routes:?}");
    }
    assert!(!routes.contains("/sign-out"), "only a form leads there");
    assert!(is_of(
        "/repairs/{id}/letters/{letter}",
        "/repairs/1/letters/2"
    ));
    assert!(!is_of("/repairs/{id}", "/repairs/1/letters/2"));
    assert!(!is_of("/repairs/{id}/letters/{letter}", "/repairs/1"));
}
