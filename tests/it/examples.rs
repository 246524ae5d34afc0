//! The programs of an order service in `examples/`: they are run as their README says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use invoice::digest::Sha256Digest;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::harness::{DEADLINE, Options, Serve, World, samples};

/// A language with its example programs, as commands.
struct Language {
    request: Vec<PathBuf>,
    listen: Vec<PathBuf>,
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
    let interpreter = tools().join("bin/python3");
    Language {
        request: vec![interpreter.clone(), folder.join("request_invoice.py")],
        listen: vec![interpreter, folder.join("listen.py")],
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
        request: vec!["node".into(), folder.join("request-invoice.mjs")],
        listen: vec!["node".into(), folder.join("listen.mjs")],
    }
}

/// The programs are built with the workspace, beside the program that the tests are about.
fn rust() -> Language {
    let built = |name| {
        let program = Path::new(env!("CARGO_BIN_EXE_invoice-worker")).with_file_name(name);
        assert!(
            program.is_file(),
            "{} is missing: run the tests with `make test`, which builds it",
            program.display()
        );
        vec![program]
    };
    Language {
        request: built("request-invoice"),
        listen: built("listen-to-invoices"),
    }
}

/// With the libraries of Debian's packages, as the README of the examples says.
fn java() -> Language {
    let readme = std::fs::read_to_string(examples().join("README.md")).expect("a README");
    let libraries = readme
        .lines()
        .find_map(|line| line.trim().strip_prefix("export CLASSPATH="))
        .expect("the README has the libraries");
    let command = |name| {
        let folder = examples().join("java");
        vec![
            "java".into(),
            "--class-path".into(),
            libraries.into(),
            folder.join(name),
        ]
    };
    Language {
        request: command("RequestInvoice.java"),
        listen: command("Listen.java"),
    }
}

struct Output {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Language {
    fn command(program: &[PathBuf], world: &World, serve: &Serve) -> Command {
        let (interpreter, arguments) = program.split_first().expect("a command");
        let mut command = Command::new(interpreter);
        command
            .args(arguments)
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
        let mut command = Self::command(&self.request, world, serve);
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

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_in_rust_do_what_their_readme_says() {
    let world = World::new(Options::default()).await;
    the_examples_work(&world, &rust()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_in_java_do_what_their_readme_says() {
    let world = World::new(Options::default()).await;
    the_examples_work(&world, &java()).await;
}

async fn the_examples_work(world: &World, language: &Language) {
    let mut worker = world.worker(&[]).await;
    let serve = world.serve().await;
    let queue = format!("{}.bookkeeping", world.topology.requests);
    let mut listening = Language::command(&language.listen, world, &serve);
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
    let good = request.clone();
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
        let mut wrong = Language::command(program, world, &serve);
        let wrong = ended(wrong.spawn().expect("it starts")).await;
        assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
        assert!(wrong.stderr.starts_with("usage: "), "{}", wrong.stderr);
    }
    for (program, arguments) in [
        (&language.request, &["request.json", "invoice.pdf"][..]),
        (&language.listen, &["a"]),
    ] {
        let mut wrong = Language::command(program, world, &serve);
        wrong.args(arguments).env("AMQP_URL", "localhost:5672");
        let wrong = ended(wrong.spawn().expect("it starts")).await;
        assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
        let said = "AMQP_URL is no URL, ";
        assert!(wrong.stderr.starts_with(said), "{}", wrong.stderr);
    }
    // One line says what is wrong, and no stack.
    let said_in_a_line = async |file: &str, api: &str, expected: &str| {
        std::fs::write(world.path("request.json"), good.to_string()).expect("written");
        let mut command = Language::command(&language.request, world, &serve);
        command.args([file, "invoice.pdf"]).env("API_URL", api);
        let failed = ended(command.spawn().expect("it starts")).await;
        assert_eq!(failed.code, Some(1), "{}", failed.stderr);
        assert_eq!(failed.stderr.lines().count(), 1, "{}", failed.stderr);
        assert!(failed.stderr.contains(expected), "{}", failed.stderr);
    };
    let api = format!("http://{}", serve.address());
    said_in_a_line("no-such-file.json", &api, "no-such-file.json").await;
    said_in_a_line("request.json", "http://127.0.0.1:1", "reached").await;
    let mut without = Language::command(&language.listen, world, &serve);
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
