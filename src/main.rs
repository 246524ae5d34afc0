//! `invoice-worker`: see `invoice-worker --help`.

use std::process::ExitCode;

use invoice_worker::cli;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
