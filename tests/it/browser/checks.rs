//! The checks of pages find what is wrong: on a page that has every fault, and a form.

use crate::harness::Browser;

const PAGE: &str = r#"<!doctype html><html lang="en"><title>Wrong</title>
<main><h1>Wrong</h1>
<p style="background: white; color: #aaa">Faint</p>
<img src="data:,">
<form>
<label>Reason <input value="before"></label>
<label>Day <input type="date"></label>
<label>Kind <select><option>First</option><option>Second</option></select></label>
<label><input type="checkbox" onchange="document.querySelector('output').textContent = 'agreed'"> Agree</label>
<output>nothing yet</output>
</form>
<script>console.error("broken"); missing();</script>
</main></html>"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_page_is_found() {
    let browser = Browser::start().await;
    browser.open_foreign(PAGE).await;

    let found = browser.axe().await;
    for rule in ["color-contrast (serious)", "image-alt (critical)"] {
        assert!(found.contains(rule), "{rule} is not in\n{found}");
    }
    let faults = browser.faults().await;
    for fault in ["\"broken\"", "missing is not defined"] {
        let is_found = faults.iter().any(|message| message.contains(fault));
        assert!(is_found, "{fault} is not in {faults:?}");
    }
    assert_eq!(faults.len(), 2, "{faults:?}");

    assert_eq!(browser.value("Reason").await, "before");
    browser.fill("Reason", "<b>after</b>").await;
    assert_eq!(browser.value("Reason").await, "<b>after</b>");
    browser.fill("Day", "02282026").await;
    assert_eq!(browser.value("Day").await, "2026-02-28");
    browser.choose("Kind", "Second").await;
    assert_eq!(browser.value("Kind").await, "Second");
    browser.press("Tab").await;
    let focused = ("checkbox".to_owned(), "Agree".to_owned());
    assert_eq!(browser.focused().await, focused);
    browser.press(" ").await;
    browser.shows("agreed").await;

    browser.run_scripts(false).await;
    browser.reload().await;
    browser.click("checkbox", "Agree").await;
    assert!(browser.text().await.contains("nothing yet"));
    assert!(browser.offers("checkbox", "Agree").await);
    assert!(!browser.offers("button", "Agree").await);
    browser.end().await;
}
