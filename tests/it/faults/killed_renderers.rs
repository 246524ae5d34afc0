//! kill -9 of a renderer, as the kernel does when memory runs out.

use std::collections::HashMap;
use std::fs;

use invoice::digest::Sha256Digest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::impatient;
use super::templates::{SLOW, Templates, request};
use crate::harness::{WorkerProcess, World, eventually, samples};

/// No document of these tests ends because a busy machine has no time for it.
const PATIENT: (&str, &str) = ("RENDER_TIMEOUT_SECONDS", "300");

#[tokio::test(flavor = "multi_thread")]
async fn killed_idle_renderers_are_replaced() {
    let world = World::new(impatient()).await;
    let mut worker = world.worker(&[]).await;
    let killed = worker.renderers();
    assert_eq!(killed.len(), 2);
    for renderer in &killed {
        kill_process(*renderer, Signal::KILL).expect("killed");
    }
    world.publish_many(samples::many(20)).await;
    world.assert_settled(20, 0).await;
    let renderers = worker.renderers();
    assert!(!renderers.is_empty());
    assert!(!renderers.iter().any(|renderer| killed.contains(renderer)));
    worker.stop().await;
    world.assert_settled(20, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_whose_renderer_was_killed_is_rendered_by_another() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("slow", SLOW)]);
    let folder = templates.path().to_str().expect("UTF-8");
    let mut worker = world.worker(&[("TEMPLATES_DIR", folder), PATIENT]).await;
    world.publish(request("slow", "1").to_string()).await;
    let killed = busy_renderer(&worker).await;
    kill_process(killed, Signal::KILL).expect("killed");

    world.assert_settled(1, 0).await;
    worker.emits("render_retried").await;
    assert!(!worker.renderers().contains(&killed));
    // Later requests are not affected.
    world.publish_many(samples::many(10)).await;
    world.assert_settled(11, 0).await;
    worker.stop().await;
    world.assert_settled(11, 0).await;
}

/// As a terminal's Ctrl-C, or systemd, does to all processes at once: the worker decides when its renderers end.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_to_a_renderer_costs_no_document() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("slow", SLOW)]);
    let folder = templates.path().to_str().expect("UTF-8");
    let mut worker = world.worker(&[("TEMPLATES_DIR", folder), PATIENT]).await;
    world.publish(request("slow", "1").to_string()).await;
    let busy = busy_renderer(&worker).await;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        kill_process(busy, signal).expect("signalled");
    }
    world.assert_settled(1, 0).await;
    assert!(worker.renderers().contains(&busy));
    worker.stop().await;
    assert!(worker.events("render_retried").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_kills_two_renderers_is_dead_lettered() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("slow", SLOW)]);
    let folder = templates.path().to_str().expect("UTF-8");
    let mut worker = world.worker(&[("TEMPLATES_DIR", folder), PATIENT]).await;
    world.publish(request("slow", "1").to_string()).await;
    let first = busy_renderer(&worker).await;
    kill_process(first, Signal::KILL).expect("killed");
    worker.emits("render_retried").await;
    let second = busy_renderer(&worker).await;
    kill_process(second, Signal::KILL).expect("killed");

    world.publish_many(samples::many(10)).await;
    world.assert_settled(10, 1).await;
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "renderer_crashed");
    assert_eq!(dead[0].header("x-error-stage"), "render");
    worker.stop().await;
    world.assert_settled(10, 1).await;
}

/// A page that takes longer than the time limit of the test, many times over on a busy machine.
const TOO_SLOW: &str = "\
#let render(request) = {
  for outer in range(5000) {
    for inner in range(5000) {
      let _ = outer * inner
    }
  }
  set document(title: \"Slow\", date: datetime(year: 2026, month: 1, day: 1))
  [Done.]
}
";

/// A renderer that was given up may still reply, when the pool has given it the next document.
#[tokio::test(flavor = "multi_thread")]
async fn a_renderer_that_was_given_up_renders_no_other_document() {
    let world = World::new(impatient()).await;
    let templates = Templates::with(&[("slow", TOO_SLOW)]);
    let templates = ("TEMPLATES_DIR", templates.path().to_str().expect("UTF-8"));
    let limit = ("RENDER_TIMEOUT_SECONDS", "2");
    let one = ("WORKER_CONCURRENCY", "1");
    let mut worker = world.worker(&[templates, limit, one]).await;
    world.publish(request("slow", "slow").to_string()).await;
    let given_up = busy_renderer(&worker).await;
    worker.emits("render_retried").await;
    eventually("the end of the renderer that was given up", async || {
        let renderers = worker.renderers();
        (!renderers.contains(&given_up))
            .then_some(())
            .ok_or(renderers)
    })
    .await;
    for (index, body) in samples::many(8).into_iter().enumerate() {
        let content: Value = serde_json::from_slice(&body).expect("JSON");
        world.publish(body.clone()).await;
        let row = world.wait_for_document(&samples::identity(&content)).await;
        let (request, document) = (format!("{index}.json"), format!("{index}.pdf"));
        fs::write(world.path(&request), body).expect("written");
        let render = world.program(&["render", &request, "-o", &document]);
        render.envs([templates]).run().await.succeeded();
        let own = fs::read(world.path(&document)).expect("rendered");
        let own = Sha256Digest::of(&own).to_string();
        assert_eq!(row.sha256, Some(own), "{content} has another document");
    }
    world.assert_settled(8, 1).await;
    worker.stop().await;
    let dead = world.dead_letters().await;
    assert_eq!(dead[0].header("x-error-code"), "render_timeout");
}

/// Waits until one of the worker's renderers works: a quarter of a second of the processor's time since it was first
/// seen, which no renderer needs for starting.
pub(super) async fn busy_renderer(worker: &WorkerProcess) -> Pid {
    let mut before = HashMap::new();
    eventually("a renderer that works", async || {
        for renderer in worker.renderers() {
            let Some(ticks) = processor_ticks(renderer) else {
                continue;
            };
            if ticks >= *before.entry(renderer).or_insert(ticks) + 25 {
                return Ok(renderer);
            }
        }
        Err(before.clone())
    })
    .await
}

/// Hundredths of a second in user mode: field 14 of proc(5), the 12th after the name.
fn processor_ticks(process: Pid) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(11)?.parse().ok()
}
