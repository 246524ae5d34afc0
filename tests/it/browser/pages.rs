//! What holds for every page. A new page is a line of `crate::ops::PATHS`.

use super::{has_refused, is_good, visit, visit_instead};
use crate::dead_letters::{database, letter};
use crate::harness::{Browser, Options, World};
use crate::ops::{LOOK, OPERATE, PATHS, READ, serve};

/// A script would show a dialog, at which the next command fails.
pub(super) const MARKUP: &str = "<img src=x onerror=alert(1)><script>alert(2)</script>";

/// The name of the picture of a page.
fn name(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let name = path.trim_start_matches('/').replace('/', "-");
    if name.is_empty() {
        "overview".to_owned()
    } else {
        name
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_is_accessible_and_light_and_shows_markup_as_text() {
    let world = World::new(Options::sqlite()).await;
    let archive = database(&world).await;
    let letters = [letter(1, "totals_mismatch"), letter(2, MARKUP)];
    let stored = archive.store_dead_letters(&letters).await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let browser = Browser::start().await;

    browser.open(&serve.page("/sign-in")).await;
    is_good(&browser, "sign-in").await;
    visit(&browser, &serve, OPERATE).await;
    // The overview has the code.
    browser.shows(MARKUP).await;
    for (path, expected) in PATHS {
        browser.open(&serve.page(path)).await;
        browser.shows(expected).await;
        is_good(&browser, &name(path)).await;
        assert_eq!(browser.faults().await, [""; 0], "{path}");
    }
    browser.open(&serve.page("/nothing")).await;
    has_refused(&browser, 404).await;
    is_good(&browser, "nothing").await;

    // Others see no buttons that change anything but their session.
    for token in [READ, LOOK] {
        visit_instead(&browser, &serve, token).await;
        for (path, _) in PATHS {
            browser.open(&serve.page(path)).await;
            assert_eq!(browser.changes().await, ["/sign-out"], "{path}");
        }
    }
    browser.end().await;
}
