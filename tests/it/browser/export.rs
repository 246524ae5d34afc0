//! An export, from the list of records to the ZIP on the visitor's disk.

use std::path::PathBuf;

use super::{has_refused, is_good, visit};
use crate::audit::stock::Stock;
use crate::export::archive::Archive;
use crate::harness::{Browser, Options, eventually};
use crate::ops::{READ, serve};

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_downloaded() {
    let stock = Stock::new(Options::sqlite()).await;
    stock.write(0..12).await;
    let serve = serve(&stock.world).await;
    let browser = Browser::start().await;
    visit(&browser, &serve, READ).await;
    for scripts in [false, true] {
        browser.run_scripts(scripts).await;
        browser.open(&serve.page("/invoices?shop=shop-audit")).await;
        browser.click("link", "Export for accountants").await;
        browser.shows("booking batches").await;
        assert_eq!(browser.value("Shop").await, "shop-audit");
        is_good(&browser, "export").await;
        let folder = tempfile::tempdir().expect("a folder");
        browser.saves_in(folder.path()).await;
        browser.click("button", "Download the ZIP").await;
        let saved = eventually("a ZIP in the folder", async || {
            let files = std::fs::read_dir(folder.path()).expect("a folder");
            let files = files.map(|file| file.expect("a file").path());
            let files: Vec<PathBuf> = files.collect();
            match &files[..] {
                [one] if one.extension().is_some_and(|it| it == "zip") => Ok(one.clone()),
                [..] => Err(files),
            }
        })
        .await;
        assert_eq!(saved.file_name().expect("a name"), "invoices.zip");
        assert_eq!(Archive::open(&saved).rows("index.csv").len(), 12);
    }

    // What is wrong is said above the form, which keeps what was given.
    browser
        .click("DisclosureTriangle", "With booking batches for DATEV")
        .await;
    browser
        .fill("Tax consultant (Beraternummer)", "29098")
        .await;
    browser.click("button", "Download the ZIP").await;
    browser.shows("datevRevenue is missing").await;
    has_refused(&browser, 400).await;
    let consultant = browser.value("Tax consultant (Beraternummer)").await;
    assert_eq!(consultant, "29098");
    assert_eq!(browser.value("Shop").await, "shop-audit");
    is_good(&browser, "export-refused").await;
    browser.end().await;
}
