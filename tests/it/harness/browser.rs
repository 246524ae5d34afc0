//! A browser that a person could use: Chromium without a window, driven as WebDriver does it.

mod checks;
mod driver;
mod find;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use self::driver::Driver;
use super::poll::eventually;

/// Roles of what is filled in.
const FIELDS: [&str; 5] = ["textbox", "searchbox", "spinbutton", "combobox", "Date"];

/// Roles of what is chosen from.
const CHOICES: [&str; 2] = ["combobox", "listbox"];

/// A picture of a page ends after so many pixels.
const TALLEST: f64 = 4_000.0;

/// Replaces the page, and waits for its style.
const SHOW: &str = "document.documentElement.innerHTML = arguments[0];
    const style = document.querySelector('link[rel=stylesheet]');
    return new Promise((done) => { style.onload = () => done(true); })";

/// The width of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Width {
    /// A phone.
    Narrow,
    /// A screen.
    Wide,
}

/// What the system of the visitor prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    Light,
    Dark,
}

/// A browser with one window and no history. Everything waits until the page offers it. Dropping it ends its processes;
/// [`Browser::end`] also looks for faults that the pages have left behind.
pub(crate) struct Browser {
    driver: Driver,
    /// Whether scripts of pages run.
    scripts: AtomicBool,
    /// The URLs of the pages that were checked.
    looked_at: Mutex<Vec<String>>,
}

impl Browser {
    /// Starts one, wide and light.
    pub(crate) async fn start() -> Self {
        let driver = Driver::start().await;
        let scripts = AtomicBool::new(true);
        let browser = Self {
            driver,
            scripts,
            looked_at: Mutex::default(),
        };
        browser.resize(Width::Wide).await;
        browser.prefer(Scheme::Light).await;
        browser
    }

    /// Checks that no page has left a fault, and ends it.
    pub(crate) async fn end(self) {
        let faults = self.faults().await;
        assert!(faults.is_empty(), "{faults:#?}");
        self.driver.end().await;
    }

    /// Opens a URL, and waits until the page is loaded.
    pub(crate) async fn open(&self, url: &str) {
        self.driver.command("/url", &json!({ "url": url })).await;
    }

    /// Opens a page with this content, which is a stranger to every server.
    pub(crate) async fn open_foreign(&self, html: &str) {
        let html = utf8_percent_encode(html, NON_ALPHANUMERIC);
        self.open(&format!("data:text/html;charset=utf-8,{html}"))
            .await;
    }

    /// Shows this page in the place of one of the same server, for example one that leads on at once.
    pub(crate) async fn show(&self, html: &str) {
        self.script_with(SHOW, &json!([html])).await;
    }

    /// Loads the page again.
    pub(crate) async fn reload(&self) {
        self.driver.command("/refresh", &json!({})).await;
    }

    /// The URL of the page that is shown.
    pub(crate) async fn url(&self) -> String {
        let url = self.driver.read("/url").await.expect("a page");
        url.as_str().expect("a text").to_owned()
    }

    /// The title of the page that is shown.
    pub(crate) async fn title(&self) -> String {
        let title = self.driver.read("/title").await.expect("a page");
        title.as_str().expect("a text").to_owned()
    }

    /// What a person reads in the main part of the page.
    pub(crate) async fn text(&self) -> String {
        eventually("the main part of a page", async || self.main().await).await
    }

    /// Waits until the main part of the page contains this; returns the whole.
    pub(crate) async fn shows(&self, expected: &str) -> String {
        eventually(&format!("{expected:?} on the page"), async || {
            let text = self.main().await?;
            if text.contains(expected) {
                return Ok(text);
            }
            Err(format!("{} shows {text}", self.url().await))
        })
        .await
    }

    /// Clicks on what has this role and this name, for example a `link` or a `button`.
    pub(crate) async fn click(&self, role: &str, name: &str) {
        eventually(&format!("the {role} {name:?}"), async || {
            let element = find::named(&self.driver, &[role], name).await?;
            self.driver
                .attempt(&element.path("click"), &json!({}))
                .await
        })
        .await;
    }

    /// Writes this into the field with this label, instead of what is there. A date is written as `MMDDYYYY`.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        eventually(&format!("the field {label:?}"), async || {
            let element = find::named(&self.driver, &FIELDS, label).await?;
            let (clear, value) = (element.path("clear"), element.path("value"));
            self.driver.attempt(&clear, &json!({})).await?;
            let keys = json!({ "text": text });
            self.driver.attempt(&value, &keys).await
        })
        .await;
    }

    /// Chooses what is shown under this text in the list with this label.
    pub(crate) async fn choose(&self, label: &str, text: &str) {
        eventually(&format!("the choice {text:?} of {label:?}"), async || {
            let element = find::named(&self.driver, &CHOICES, label).await?;
            for option in find::below(&self.driver, &element, "option").await? {
                let shown = self.driver.read(&option.path("property/label")).await?;
                if shown == text {
                    let click = option.path("click");
                    return self.driver.attempt(&click, &json!({})).await;
                }
            }
            Err(format!("{label:?} has no such choice"))
        })
        .await;
    }

    /// What is in the field with this label.
    pub(crate) async fn value(&self, label: &str) -> String {
        let value = eventually(&format!("the field {label:?}"), async || {
            let element = find::named(&self.driver, &FIELDS, label).await?;
            self.driver.read(&element.path("property/value")).await
        })
        .await;
        value.as_str().expect("a text").to_owned()
    }

    /// Whether the page that is shown offers something with this role and this name.
    pub(crate) async fn offers(&self, role: &str, name: &str) -> bool {
        self.text().await;
        find::named(&self.driver, &[role], name).await.is_ok()
    }

    /// Presses a key: `Tab`, `Enter`, `Escape` or a character.
    pub(crate) async fn press(&self, key: &str) {
        let code = match key {
            "Tab" => "\u{e004}",
            "Enter" => "\u{e007}",
            "Escape" => "\u{e00c}",
            character => character,
        };
        let keys =
            json!([{ "type": "keyDown", "value": code }, { "type": "keyUp", "value": code }]);
        let actions = json!({ "actions": [{ "type": "key", "id": "keys", "actions": keys }] });
        self.driver.command("/actions", &actions).await;
    }

    /// Role and name of what has the focus.
    pub(crate) async fn focused(&self) -> (String, String) {
        eventually("what has the focus", async || {
            let element = find::active(&self.driver).await?;
            let role = self.driver.read(&element.path("computedrole")).await?;
            let name = self.driver.read(&element.path("computedlabel")).await?;
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            Ok::<_, String>((text(&role), text(&name)))
        })
        .await
    }

    /// Makes the window narrow or wide.
    pub(crate) async fn resize(&self, width: Width) {
        let (width, height) = match width {
            Width::Narrow => (360, 740),
            Width::Wide => (1_280, 800),
        };
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.set("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Prefers light or dark pages.
    pub(crate) async fn prefer(&self, scheme: Scheme) {
        let scheme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.set(
            "Emulation.setEmulatedMedia",
            json!({ "features": [feature] }),
        )
        .await;
    }

    /// Lets the scripts of the pages that are opened from now on run, or not.
    pub(crate) async fn run_scripts(&self, enabled: bool) {
        self.scripts.store(enabled, Ordering::Relaxed);
        self.allow_scripts(enabled).await;
    }

    /// Saves what pages have to be downloaded in this folder.
    pub(crate) async fn saves_in(&self, folder: &Path) {
        let behavior = json!({ "behavior": "allow", "downloadPath": folder });
        self.set("Browser.setDownloadBehavior", behavior).await;
    }

    /// The cookies of the page's server, each with its attributes.
    pub(crate) async fn cookies(&self) -> Vec<Value> {
        let cookies = self.driver.read("/cookie").await.expect("a page");
        cookies.as_array().expect("a list").clone()
    }

    /// Takes a picture of the page, from its beginning, to `target/tests/pages/NAME.png`.
    pub(crate) async fn picture(&self, name: &str) {
        let layout = self.set("Page.getLayoutMetrics", json!({})).await;
        let size = &layout["cssContentSize"];
        let height = size["height"].as_f64().expect("a number").min(TALLEST);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.set("Page.captureScreenshot", parameters).await;
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().expect("a picture"));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tests/pages");
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(file, picture.expect("base64")).expect("a writable folder");
    }

    async fn main(&self) -> Result<String, String> {
        let main = find::first(&self.driver, "main").await?;
        let text = self.driver.read(&main.path("text")).await?;
        Ok(text.as_str().expect("a text").to_owned())
    }

    async fn allow_scripts(&self, allowed: bool) {
        let disabled = json!({ "value": !allowed });
        self.set("Emulation.setScriptExecutionDisabled", disabled)
            .await;
    }

    /// The result of a script of ours, waited for if it is a promise. Promises and timers need scripts for a moment; those of
    /// a page that was opened without them do not begin then.
    async fn script(&self, script: &str) -> Value {
        self.script_with(script, &json!([])).await
    }

    /// The same with arguments.
    async fn script_with(&self, script: &str, arguments: &Value) -> Value {
        self.allow_scripts(true).await;
        let command = json!({ "script": script, "args": arguments });
        let result = self.driver.command("/execute/sync", &command).await;
        self.allow_scripts(self.scripts.load(Ordering::Relaxed))
            .await;
        result
    }

    async fn set(&self, command: &str, parameters: Value) -> Value {
        let answer = self.driver.devtools(command, parameters).await;
        answer.unwrap_or_else(|refusal| panic!("{command}: {refusal}"))
    }
}
