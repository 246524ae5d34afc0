//! Who runs the command.

use std::env;

/// `user@host`, for the record of who did what. It distinguishes colleagues and proves nothing: a person who can change the
/// environment can also change the database.
pub(super) fn operator() -> String {
    let variable = |name| env::var(name).ok().filter(|user| !user.is_empty());
    let user = variable("SUDO_USER")
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname();
    format!("{user}@{}", host.nodename().to_string_lossy())
}
