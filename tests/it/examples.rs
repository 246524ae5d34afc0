//! The programs of an order service in `examples/`: they are run as their README says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use invoice::digest::Sha256Digest;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::harness::{DEADLINE, Options, Serve, World, samples};

/// A language with its example programs.
struct Language {
    interpreter: PathBuf,
    request: PathBuf,
    listen: PathBuf,
}

/// Where `make test` has installed what the examples need.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools")
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn python() -> Language {
    let folder = examples().join("python");
    Language {
        interpreter: tools().join("bin/python3"),
        request: folder.join("request_invoice.py"),
        listen: folder.join("listen.py"),
    }
}

/// Node.js looks for packages beside a program, so the programs are copied to the packages of this test.
fn node(world: &World) -> Language {
    let folder = world.path("node");
    std::fs::create_dir_all(&folder).expect("a folder");
    for name in ["request-invoice.mjs", "listen.mjs", "package.json"] {
        std::fs::copy(examples().join("node").join(name), folder.join(name)).expect("copied");
    }
    let packages = tools().join("node/node_modules");
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).expect("a link");
    Language {
        interpreter: "node".into(),
        request: folder.join("request-invoice.mjs"),
        listen: folder.join("listen.mjs"),
    }
}

struct Output {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Language {
    fn command(&self, program: &Path, world: &World, serve: &Serve) -> Command {
        let mut command = Command::new(&self.interpreter);
        command
            .arg(program)
            .current_dir(world.folder.path())
            .env("AMQP_URL", &world.variables["AMQP_URL"])
            .env("AMQP_EXCHANGE", &world.topology.exchange)
            .env("API_URL", format!("http://{}", serve.address()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn request(
        &self,
        world: &World,
        serve: &Serve,
        request: &Value,
        exchange: &str,
    ) -> Output {
        std::fs::write(world.path("request.json"), request.to_string()).expect("written");
        let mut command = self.command(&self.request, world, serve);
        command
            .args(["request.json", "invoice.pdf"])
            .env("AMQP_EXCHANGE", exchange);
        ended(command.spawn().expect("the example starts")).await
    }
}

async fn ended(child: Child) -> Output {
    let output = timeout(DEADLINE, child.wait_with_output()).await;
    let output = output.expect("the example ends").expect("its output");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Output {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_in_python_do_what_their_readme_says() {
    let world = World::new(Options::default()).await;
    the_examples_work(&world, &python()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_in_javascript_do_what_their_readme_says() {
    let world = World::new(Options::default()).await;
    the_examples_work(&world, &node(&world)).await;
}

async fn the_examples_work(world: &World, language: &Language) {
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let queue = format!("{}.bookkeeping", world.topology.requests);
    let mut listening = language.command(&language.listen, world, &serve);
    let mut listening = listening.args([&*queue, "2"]).spawn().expect("it starts");
    let printed = listening.stdout.take().expect("a pipe");
    let mut printed = BufReader::new(printed).lines();
    let first = timeout(DEADLINE, printed.next_line()).await;
    let first = first.expect("it listens in time").expect("a line");
    let Some(first) = first else {
        panic!("it ended: {}", ended(listening).await.stderr);
    };
    assert_eq!(first, format!("listening to {queue}"));

    // A request that is suspicious, and generated.
    let mut request = samples::receipt();
    request["lines"][0]["netAmmount"] = json!("1.00");
    let exchange = &world.topology.exchange;
    let done = language.request(world, &serve, &request, exchange).await;
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    let row = world.wait_for_document(&samples::identity(&request)).await;
    let pdf = std::fs::read(world.path("invoice.pdf")).expect("the document");
    assert_eq!(row.sha256, Some(Sha256Digest::of(&pdf).to_string()));
    assert!(
        done.stdout
            .contains("warning field_misspelt /lines/0/netAmmount"),
        "{}",
        done.stdout
    );

    // One that fails.
    let mut bad = samples::with_identity(request, "order-2", "1");
    bad["currency"] = json!("???");
    let failed = language.request(world, &serve, &bad, exchange).await;
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    assert!(
        failed.stdout.contains("currency_unknown /currency: "),
        "{}",
        failed.stdout
    );
    let identity = samples::identity(&bad);
    assert!(
        failed.stderr.contains(&identity.to_string()),
        "{}",
        failed.stderr
    );

    // One that reaches no queue.
    let lost = language.request(world, &serve, &bad, "amq.topic").await;
    assert_eq!(lost.code, Some(1), "{}", lost.stdout);
    assert!(
        lost.stderr.contains("no queue takes requests"),
        "{}",
        lost.stderr
    );

    for program in [&language.request, &language.listen] {
        let mut wrong = language.command(program, world, &serve);
        let wrong = ended(wrong.spawn().expect("it starts")).await;
        assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
        assert!(wrong.stderr.starts_with("usage: "), "{}", wrong.stderr);
    }
    let mut without = language.command(&language.listen, world, &serve);
    without.arg("a").env_remove("AMQP_URL");
    let without = ended(without.spawn().expect("it starts")).await;
    assert_eq!(without.code, Some(2), "{}", without.stderr);
    assert!(
        without.stderr.starts_with("AMQP_URL is not set"),
        "{}",
        without.stderr
    );

    let url = row.file_path.as_deref().expect("a URL");
    for expected in [
        format!(
            "generated {} USD {} {url}",
            samples::identity(&samples::receipt()),
            row.gross_minor.expect("a total")
        ),
        format!("failed {identity} currency_unknown /currency: "),
    ] {
        let line = timeout(DEADLINE, printed.next_line()).await;
        let line = line
            .expect("a line in time")
            .expect("a line")
            .unwrap_or_default();
        assert!(line.starts_with(&expected), "{line}");
    }
    let listening = ended(listening).await;
    assert_eq!(listening.code, Some(0), "{}", listening.stderr);
    worker.stop().await;
    world.assert_settled(1, 1).await;
}
