//! The page of the demo, and the API, which one process serves.

use std::io::{ErrorKind, Write as _};
use std::net::{SocketAddr, TcpListener};

use invoice_worker::app;
use invoice_worker::output;

use crate::environment::{Environment, free_address};
use crate::running::{Log, Running};

/// Where page and API are, if nothing else listens there.
const PORT: u16 = 8_080;

/// Any free port, for a server whose address is not printed. Two demos that start at once may both find [`PORT`] free.
pub(super) const ANY_PORT: u16 = 0;

/// Starts a process that serves both, at this port if nothing else listens there.
pub(super) async fn serve(
    environment: &Environment,
    port: u16,
) -> anyhow::Result<(Running, SocketAddr)> {
    loop {
        let address = free_address(port)?;
        let variable = ("HTTP_ADDR".to_owned(), address.to_string().into());
        let variables = environment.quiet_variables().into_iter();
        let mut serve = Running::start("serve", variables.chain([variable]), Log::Shown)?;
        match serve.ready().await {
            Ok(()) => return Ok((serve, address)),
            // Another program was faster: another port.
            Err(_) if serve.pid().is_none() && is_taken(address) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether another program listens there now.
fn is_taken(address: SocketAddr) -> bool {
    let bound = TcpListener::bind(address);
    bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// Serves the page beside the worker until Ctrl-C, and prints the way to it.
pub(super) async fn show(environment: &Environment, worker: &mut Running) -> anyhow::Result<()> {
    let shutdown = app::shutdown_signal()?;
    let (mut serve, address) = serve(environment, PORT).await?;
    writeln!(
        output::stdout(),
        "the page                 http://{address}/\n                         \
         No sign-in is needed: the server answers to this machine only.\n                         \
         Overview has the worker, the queues and the dead letters of the two requests that are wrong.\n                         \
         The API is described at http://{address}/docs. Ctrl-C stops everything."
    )?;
    let result = tokio::select! {
        ended = worker.ended_before(&shutdown) => ended,
        ended = serve.ended_before(&shutdown) => ended,
        () = shutdown.cancelled() => Ok(()),
    };
    let stopped = serve.stop().await;
    result.and(stopped)
}
