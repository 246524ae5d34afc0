//! Erasing personal data: what leaves, what stays, and that everything else copes with it.

mod classified;
mod documents;
mod ends;
mod requests;
mod retention;
pub(crate) mod runs;

use serde_json::Value;

use crate::harness::{World, samples};

/// What `erase --json` has reported.
#[derive(Debug)]
struct Report {
    code: i32,
    records: Vec<Value>,
    letters: Vec<Value>,
    summary: Value,
    stderr: String,
}

/// Runs `erase --json` with these arguments.
async fn erase(world: &World, arguments: &[&str]) -> Report {
    erase_with(world, &[], arguments).await
}

/// The same with further variables.
async fn erase_with(world: &World, variables: &[(&str, &str)], arguments: &[&str]) -> Report {
    let arguments = [&["erase", "--json"], arguments].concat();
    let program = world.program(&arguments);
    let finished = program.envs(variables.iter().copied()).run().await;
    let lines = finished.stdout.lines();
    let lines = lines.map(|line| serde_json::from_str(line).expect("JSON"));
    let mut report = Report {
        code: finished.code,
        records: Vec::new(),
        letters: Vec::new(),
        summary: Value::Null,
        stderr: finished.stderr,
    };
    for line in lines {
        let line: Value = line;
        match line["type"].as_str() {
            Some("record") => report.records.push(line),
            Some("dead-letter") => report.letters.push(line),
            Some("summary") => report.summary = line,
            other => panic!("{other:?}: {line}"),
        }
    }
    report
}

/// Has a worker issue an invoice.
async fn issue_one(world: &World) {
    let mut worker = world.worker(&[]).await;
    let request = samples::invoice();
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(&request)).await;
    worker.stop().await;
}
