//! `invoice-dev`: see `invoice-dev --help`.

use std::process::ExitCode;

use dev::cli;
use mimalloc::MiMalloc;

// The allocator of the program, so that benchmarks measure what ships.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
