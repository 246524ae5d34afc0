//! `render --watch`: a document that follows its template.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{append, text};
use crate::documents::pages;
use crate::faults::templates::Templates;
use crate::harness::{eventually, program};

/// Killed when the test is over, however it ends.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn a_document_follows_every_save_and_survives_mistakes() {
    let templates = Templates::with(&[]);
    let folder = TempDir::new().expect("a temporary folder");
    let sample = templates
        .path()
        .join("receipt/samples/receipt-minimal.json");
    // In the watched folder itself, which must not make it turn for ever.
    let pdf = templates.path().join("receipt/out.pdf");
    let log = folder.path().join("log");
    let child = Command::new(program())
        .args([
            "render",
            text(&sample),
            "-o",
            text(&pdf),
            "--watch",
            "--png",
        ])
        .args(["--templates-dir", text(templates.path())])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&log).expect("a log"))
        .spawn()
        .expect("the program starts");
    let mut watching = Watching(child);
    let shows = async |words: &str| {
        eventually(&format!("a document with {words}"), async || {
            let page = fs::read(&pdf).map(|pdf| pages(&pdf).concat());
            match page {
                Ok(page) if page.contains(words) => Ok(()),
                other => Err(other),
            }
        })
        .await;
    };
    shows("Stonewaremug214.50").await;
    assert!(templates.path().join("receipt/out-1.png").is_file());

    let request = fs::read_to_string(&sample).expect("a sample");
    fs::write(&sample, request.replace("Stoneware mug", "Copper kettle")).expect("written");
    shows("Copperkettle214.50").await;

    append(&templates, "receipt/main.typ", "#let broken = (");
    eventually("a diagnostic", async || {
        let printed = fs::read_to_string(&log).expect("a log");
        if printed.contains("error: unclosed delimiter\n")
            && printed.contains(&format!("--> {}/receipt/main.typ:", text(templates.path())))
        {
            Ok(())
        } else {
            Err(printed)
        }
    })
    .await;
    append(&templates, "receipt/main.typ", ")");
    fs::write(&sample, request.replace("Stoneware mug", "Iron pan")).expect("written");
    shows("Ironpan214.50").await;

    kill_process(Pid::from_child(&watching.0), Signal::TERM).expect("it is running");
    watching.0.wait().expect("it ends");
}
