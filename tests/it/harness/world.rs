//! Queues, a database and a bucket that belong to one test.

mod messages;
mod results;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Parser as _;
use dev::s3::{Behaviour, Credentials, S3Server};
use invoice_worker::app::App;
use invoice_worker::broker::Topology;
use invoice_worker::cli::Cli;
use invoice_worker::config::Settings;
use sea_orm::DatabaseConnection;
use tempfile::TempDir;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::broker::{Broker, Received};
use super::environment::variable;
use super::program::{Program, program};
use super::serve::Serve;
use super::worker::WorkerProcess;
use super::{database, samples, schema, storage};

/// Keys of the embedded object store. Tests look for the secret in logs, so it is a word that is nowhere else.
const EMBEDDED_KEYS: (&str, &str) = ("embedded-key", "embedded-very-secret-5d1f");

/// Which servers a [`World`] uses; by default the PostgreSQL and the RabbitMQ of `make test` and an object store in
/// this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    /// A SQLite file instead of PostgreSQL.
    pub(crate) sqlite: bool,
    /// SeaweedFS instead of the embedded object store.
    pub(crate) seaweedfs: bool,
    /// In what the embedded object store is unlike S3.
    pub(crate) store: Behaviour,
    /// Another broker than the shared one, for tests that stop it.
    pub(crate) amqp_url: Option<String>,
    /// Another PostgreSQL server than the shared one, for tests that stop it.
    pub(crate) postgres_url: Option<String>,
    /// Whether the database is left empty, for a test in which programs migrate it.
    pub(crate) unmigrated: bool,
    /// Further variables for everything that runs in this world, for example `RETRY_DELAYS_SECONDS`.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Options {
    /// A SQLite file, and everything else as usual.
    pub(crate) fn sqlite() -> Self {
        Self {
            sqlite: true,
            ..Self::default()
        }
    }
}

/// Queues, a database and a bucket that belong to one test, and what is needed to look at them. Dropping it deletes
/// them all. Workers must be dropped before, which they are when they are created after it.
pub(crate) struct World {
    /// Part of every name.
    pub(crate) id: String,
    /// A folder for whatever the test writes.
    pub(crate) folder: TempDir,
    /// What a program needs to work here.
    pub(crate) variables: BTreeMap<String, String>,
    /// The same as settings, for calling the library.
    pub(crate) settings: Settings,
    /// The names of the queues and exchanges.
    pub(crate) topology: Topology,
    /// A client of the object store; the bucket is [`World::bucket`].
    pub(crate) s3: aws_sdk_s3::Client,
    /// The name of the bucket.
    pub(crate) bucket: String,
    broker: Broker,
    database: DatabaseConnection,
    /// The server on which the database was created, if it has to be dropped.
    postgres: Option<String>,
    _s3_server: Option<S3Server>,
    workers: AtomicUsize,
    /// What was taken from the queues so far.
    dead_letters: Mutex<Vec<Received>>,
    events: Mutex<Vec<Received>>,
}

impl World {
    /// Creates everything: topology, database with its schema, bucket.
    pub(crate) async fn new(options: Options) -> Self {
        let unique = Uuid::now_v7().simple().to_string();
        let id = unique[unique.len() - 12..].to_owned();
        let folder = TempDir::with_prefix("invoice-it-").expect("a temporary folder");
        let bucket = format!("it-{id}");
        let amqp_url = options.amqp_url.unwrap_or_else(|| variable("AMQP_URL"));

        // On a server of the test's own there is one database: nothing would be saved there.
        let copied = !options.sqlite && !options.unmigrated && options.postgres_url.is_none();
        let (postgres, database_url) = if options.sqlite {
            (None, database::sqlite_url(folder.path()))
        } else {
            let name = format!("it_{id}");
            let server = options
                .postgres_url
                .unwrap_or_else(|| variable("DATABASE_URL"));
            let url = if copied {
                schema::copy_postgres(&server, &name).await
            } else {
                database::create_postgres(&server, &name).await
            };
            (Some(server), url)
        };

        let (s3_server, endpoint, key_id, secret) = if options.seaweedfs {
            let endpoint = variable("AWS_ENDPOINT_URL_S3");
            let (id, secret) = (
                variable("AWS_ACCESS_KEY_ID"),
                variable("AWS_SECRET_ACCESS_KEY"),
            );
            (None, endpoint, id, secret)
        } else {
            let server = start_s3(&folder.path().join("s3"), options.store).await;
            let (endpoint, (id, secret)) = (server.endpoint(), EMBEDDED_KEYS);
            (Some(server), endpoint, id.to_owned(), secret.to_owned())
        };
        let s3 = storage::client(&endpoint, &key_id, &secret);
        let created = s3.create_bucket().bucket(&bucket).send().await;
        created.expect("the bucket can be created");

        let templates = samples::templates();
        let mut variables: BTreeMap<String, String> = [
            ("AMQP_URL", amqp_url.clone()),
            ("AMQP_EXCHANGE", format!("it.{id}")),
            ("AMQP_QUEUE", format!("it.{id}.requests")),
            ("DATABASE_URL", database_url.clone()),
            ("AWS_ENDPOINT_URL_S3", endpoint),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", key_id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_S3_BUCKET_NAME", bucket.clone()),
            ("S3_FORCE_PATH_STYLE", "true".to_owned()),
            (
                "TEMPLATES_DIR",
                templates.to_str().expect("UTF-8").to_owned(),
            ),
            ("WORKER_CONCURRENCY", "1".to_owned()),
            ("RETRY_DELAYS_SECONDS", "1,2".to_owned()),
            // Most tests look at the queue; tests of the archive turn it on.
            ("ARCHIVE_DEAD_LETTERS", "false".to_owned()),
            // Each worker would store more than a hundred files; tests of that turn it on.
            ("ARCHIVE_TEMPLATES", "false".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let further = options.variables.into_iter();
        variables.extend(further.map(|(name, value)| (name.to_owned(), value)));

        let settings = settings(&variables);
        let topology = App::new(settings.clone()).topology();
        let broker = Broker::new(&amqp_url, topology.clone());
        broker.declare().await;
        if !options.unmigrated && !copied {
            let url = settings.database.url().expect("a URL");
            schema::migrate(url).await;
        }
        let database = database::connect(&database_url)
            .await
            .expect("the database can be reached");
        Self {
            id,
            folder,
            variables,
            settings,
            topology,
            s3,
            bucket,
            broker,
            database,
            postgres,
            _s3_server: s3_server,
            workers: AtomicUsize::new(0),
            dead_letters: Mutex::default(),
            events: Mutex::default(),
        }
    }

    /// Starts a worker, with these variables beside or instead of the world's, and waits until it consumes.
    pub(crate) async fn worker(&self, variables: &[(&str, &str)]) -> WorkerProcess {
        let mut worker = self.start_worker(variables);
        worker.is_consuming().await;
        worker
    }

    /// The same with this `.env` in its working directory, which is made.
    pub(crate) async fn worker_in(&self, folder: &Path, env_file: &str) -> WorkerProcess {
        std::fs::create_dir(folder).expect("a new folder");
        std::fs::write(folder.join(".env"), env_file).expect("a writable folder");
        let mut worker = WorkerProcess::start(&program(), folder, self.variables.clone());
        worker.is_consuming().await;
        worker
    }

    /// Starts a worker and does not wait for anything.
    pub(crate) fn start_worker(&self, variables: &[(&str, &str)]) -> WorkerProcess {
        self.start_worker_of(&program(), variables)
    }

    /// The same of this program.
    pub(crate) fn start_worker_of(
        &self,
        program: &Path,
        variables: &[(&str, &str)],
    ) -> WorkerProcess {
        let number = self.workers.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(format!("worker-{number}"));
        let mut environment = self.variables.clone();
        for (name, value) in variables {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
        std::fs::create_dir(&folder).expect("a new folder");
        WorkerProcess::start(program, &folder, environment)
    }

    /// Starts `serve` at a free port of this machine, and waits until it listens. Without tokens.
    pub(crate) async fn serve(&self) -> Serve {
        self.serve_with(&[]).await
    }

    /// The same with these variables beside or instead of the world's.
    pub(crate) async fn serve_with(&self, variables: &[(&str, &str)]) -> Serve {
        let number = self.workers.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(format!("serve-{number}"));
        let mut environment = self.variables.clone();
        environment.insert("HTTP_ADDR".to_owned(), "127.0.0.1:0".to_owned());
        for (name, value) in variables {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
        std::fs::create_dir(&folder).expect("a new folder");
        Serve::start(&program(), &folder, environment).await
    }

    /// A run of a subcommand in this world.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        Program::new(self.folder.path(), arguments).envs(&self.variables)
    }

    /// The same of this program.
    pub(crate) fn program_of(&self, program: &Path, arguments: &[&str]) -> Program {
        Program::of(program, self.folder.path(), arguments).envs(&self.variables)
    }

    /// A path in the world's folder.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Deletes what the test created, on a thread and a runtime of its own, since a drop cannot wait.
    fn clean_up(&self) {
        let broker = Broker::new(&self.variables["AMQP_URL"], self.topology.clone());
        let postgres = self.postgres.clone();
        let database = format!("it_{}", self.id);
        let (embedded, s3, bucket) = (
            self._s3_server.is_some(),
            self.s3.clone(),
            self.bucket.clone(),
        );
        let cleaning = async move {
            // Where a test has stopped the server, there is nothing to delete.
            broker.delete().await.ok();
            if let Some(server) = postgres {
                database::drop_postgres(&server, &database).await.ok();
            }
            if !embedded {
                storage::delete_bucket(&s3, &bucket).await;
            }
        };
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                tokio::time::timeout(Duration::from_secs(10), cleaning)
                    .await
                    .ok()
            });
        };
        std::thread::spawn(run).join().ok();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.clean_up();
    }
}

async fn start_s3(folder: &Path, behaviour: Behaviour) -> S3Server {
    let (id, secret) = EMBEDDED_KEYS;
    let credentials = Credentials {
        access_key_id: id.to_owned(),
        secret_access_key: secret.into(),
    };
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let server = S3Server::start_as(folder, address, credentials, behaviour).await;
    server.expect("the embedded object store starts")
}

/// The settings that a program with these variables has: each variable is also a flag.
fn settings(variables: &BTreeMap<String, String>) -> Settings {
    let flags = variables.iter().map(|(name, value)| {
        let flag = name.to_lowercase().replace('_', "-");
        format!("--{flag}={value}")
    });
    let arguments = ["invoice-worker".to_owned(), "config".to_owned()];
    Cli::parse_from(arguments.into_iter().chain(flags)).settings
}
