//! One run of the program to its end.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// The subcommands of `invoice-dev`.
const DEV_SUBCOMMANDS: [&str; 3] = ["bench", "demo", "up"];

/// The program that the tests are about: the one that was built with them, or `TEST_PROGRAM`, another build of it.
pub(crate) fn program() -> PathBuf {
    let built = env!("CARGO_BIN_EXE_invoice-worker");
    std::env::var_os("TEST_PROGRAM").map_or_else(|| built.into(), PathBuf::from)
}

/// A run of a program that has nothing in its environment but `PATH` and what is given here.
pub(crate) struct Program {
    command: Command,
    input: Vec<u8>,
    longest: Duration,
}

/// What a run has left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// A run in this working directory: of `invoice-dev`, which is built beside the program, where the subcommand is one
    /// of its own.
    pub(crate) fn new(directory: &Path, arguments: &[&str]) -> Self {
        let is_dev = arguments
            .first()
            .is_some_and(|subcommand| DEV_SUBCOMMANDS.contains(subcommand));
        let program = if is_dev {
            Path::new(env!("CARGO_BIN_EXE_invoice-worker")).with_file_name("invoice-dev")
        } else {
            program()
        };
        Self::of(&program, directory, arguments)
    }

    /// The same of this program.
    pub(crate) fn of(program: &Path, directory: &Path, arguments: &[&str]) -> Self {
        assert!(
            program.is_file(),
            "{} is missing: run the tests with `make test`, which builds it",
            program.display()
        );
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self {
            command,
            input: Vec::new(),
            longest: super::DEADLINE,
        }
    }

    /// Sets variables.
    pub(crate) fn envs<N: AsRef<str>, V: AsRef<str>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        for (name, value) in variables {
            self.command.env(name.as_ref(), value.as_ref());
        }
        self
    }

    /// Gives it this on standard input; otherwise there is nothing.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Gives it this time.
    pub(crate) fn longest(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Runs it to its end, whatever that is.
    pub(crate) async fn run(self) -> Finished {
        self.run_and(|_| {}).await
    }

    /// The same with a standard output that is closed.
    pub(crate) async fn unread(self) -> Finished {
        self.run_and(|child| drop(child.stdout.take())).await
    }

    /// Runs it until it has written so many lines to standard output, then interrupts it as Ctrl-C does.
    pub(crate) async fn interrupted_after_lines(self, lines: usize) -> Finished {
        self.interrupted_when(async |text| text.lines().count() >= lines)
            .await
    }

    /// The same once this holds for what it has written; it is asked after each line.
    pub(crate) async fn interrupted_when(
        mut self,
        mut is_enough: impl AsyncFnMut(&str) -> bool,
    ) -> Finished {
        let mut child = self.command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("a pipe");
        let mut stdout = BufReader::new(stdout);
        let running = async {
            let mut text = String::new();
            while !is_enough(&text).await {
                let length = stdout.read_line(&mut text).await.expect("a line");
                assert!(length > 0, "it ended before it was interrupted: {text}");
            }
            let pid = child
                .id()
                .and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
            let interrupted = kill_process(pid.expect("it runs"), Signal::INT);
            interrupted.expect("it can be interrupted");
            stdout.read_to_string(&mut text).await.expect("the rest");
            let output = child.wait_with_output().await.expect("an end");
            Finished {
                code: output.status.code().unwrap_or(-1),
                stdout: text,
                stderr: String::from_utf8(output.stderr).expect("UTF-8"),
            }
        };
        let finished = tokio::time::timeout(self.longest, running).await;
        finished.expect("it ends")
    }

    /// Runs it, and answers what a run that must have succeeded wrote to standard output, and what to standard error.
    pub(crate) async fn bytes(self) -> (Vec<u8>, String) {
        let output = self.output(|_| {}).await;
        let printed = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.success(), "{printed}");
        (output.stdout, printed)
    }

    async fn run_and(self, begin: impl FnOnce(&mut Child)) -> Finished {
        let output = self.output(begin).await;
        Finished {
            code: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    async fn output(mut self, begin: impl FnOnce(&mut Child)) -> Output {
        let mut child = self.command.spawn().expect("the program starts");
        begin(&mut child);
        let mut stdin = child.stdin.take().expect("a pipe");
        let running = async {
            let writing = async {
                // It may end without having read everything.
                stdin.write_all(&self.input).await.ok();
                drop(stdin);
            };
            tokio::join!(writing, child.wait_with_output()).1
        };
        let output = tokio::time::timeout(self.longest, running)
            .await
            .unwrap_or_else(|_| panic!("{:?} did not end", self.command));
        output.expect("the program's output can be read")
    }
}

impl Finished {
    /// Standard output of a run that must have succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.stdout
    }
}
