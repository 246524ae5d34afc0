//! The servers that `make test` starts.

use std::env;

/// A variable that names a server.
pub(crate) fn variable(name: &str) -> String {
    match env::var(name) {
        Ok(value) if !value.is_empty() => value,
        Ok(_) | Err(_) => {
            panic!("{name} is not set: run the tests with `make test`, which starts the servers")
        }
    }
}
