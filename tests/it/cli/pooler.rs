//! PgBouncer between the program and PostgreSQL, set up as `docs/running.md` says.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::getuid;
use url::Url;

use crate::harness::{Options, World, eventually, samples};

/// A running PgBouncer. Dropping it ends it.
struct PgBouncer {
    process: Child,
    /// Leads to the world's database through it.
    url: String,
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl PgBouncer {
    /// With one connection of the server for a session: Debian 12 has a version that cannot do more.
    async fn before(world: &World) -> Self {
        let mut url = Url::parse(&world.variables["DATABASE_URL"]).expect("a URL");
        let password = url
            .password()
            .map(|password| format!("password={password}"));
        let server = format!(
            "host={} port={} user={} {}",
            url.host_str().expect("a host"),
            url.port().unwrap_or(5432),
            url.username(),
            password.unwrap_or_default()
        );
        let port = free_port();
        let settings = format!(
            "[databases]\n* = {server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = session\nignore_startup_parameters = extra_float_digits, options\n"
        );
        let file = world.path("pgbouncer.ini");
        std::fs::write(&file, settings).expect("written");
        let mut command = Command::new(program());
        if getuid().is_root() {
            // It refuses to run as root.
            command.args(["-u", "nobody"]);
        }
        let log = std::fs::File::create(world.path("pgbouncer.log")).expect("a file");
        let process = command
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("PgBouncer starts: run the tests with `make test`, which installs it");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        let pooler = Self {
            process,
            url: url.to_string(),
        };
        let log = world.path("pgbouncer.log");
        eventually("PgBouncer listens", async || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .map_err(|error| (error, std::fs::read_to_string(&log)))
        })
        .await;
        pooler
    }
}

/// A free port below those that the kernel hands out and those of `scripts/local`, so that nothing takes it before PgBouncer does,
/// whose settings name its port. Runs of the tests at the same moment begin at different ones.
fn free_port() -> u16 {
    const FIRST: u32 = 16_000;
    const COUNT: u32 = 2_000;
    let own = std::process::id();
    let ports = (0..COUNT).map(|step| FIRST + own.wrapping_add(step) % COUNT);
    let ports = ports.filter_map(|port| u16::try_from(port).ok());
    let mut free = ports.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.next().expect("a free port")
}

/// Debian has it where `PATH` of an ordinary user does not lead.
fn program() -> &'static str {
    let debian = "/usr/sbin/pgbouncer";
    if Path::new(debian).exists() {
        debian
    } else {
        "pgbouncer"
    }
}

/// The statements that `check` names.
async fn named_by_check(world: &World, url: &str) -> Vec<String> {
    let check = world.program(&["check"]).envs([("DATABASE_URL", url)]);
    let printed = check.run().await.succeeded();
    let statements = printed
        .split(['\n', ';', ':'])
        .map(str::trim)
        .filter(|part| part.starts_with("ALTER ROLE "));
    statements.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_pgbouncer_documents_are_made_and_check_names_the_parameters_that_it_drops() {
    let world = World::new(Options::default()).await;
    let pooler = PgBouncer::before(&world).await;
    let direct = named_by_check(&world, &world.variables["DATABASE_URL"]).await;
    assert_eq!(direct, Vec::<String>::new());

    let statements = named_by_check(&world, &pooler.url).await;
    let ends = [
        " SET statement_timeout = '10s'",
        " SET plan_cache_mode = 'force_custom_plan'",
    ];
    assert_eq!(statements.len(), ends.len(), "{statements:?}");
    for (statement, end) in statements.iter().zip(ends) {
        assert!(statement.ends_with(end), "{statements:?}");
        // The role is that of all tests, the database that of this one.
        let in_database = format!(" IN DATABASE {} SET ", database(&pooler.url));
        world
            .execute(&statement.replace(" SET ", &in_database))
            .await;
    }
    // Its connections have the parameters of their start.
    drop(pooler);
    let pooler = PgBouncer::before(&world).await;
    let afterwards = named_by_check(&world, &pooler.url).await;
    assert_eq!(afterwards, Vec::<String>::new());

    let mut worker = world.worker(&[("DATABASE_URL", &pooler.url)]).await;
    let request = samples::receipt();
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(&request)).await;
    worker.stop().await;
    world.assert_settled(1, 0).await;
}

fn database(url: &str) -> String {
    let url = Url::parse(url).expect("a URL");
    url.path().trim_start_matches('/').to_owned()
}
