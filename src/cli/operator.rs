//! Who runs the command.

use std::{env, fs};

/// `user@host`, for the record of who did what. It distinguishes colleagues and proves nothing: a person who can change the
/// environment can also change the database.
pub(super) fn operator() -> String {
    let variable = |name| env::var(name).ok().filter(|user| !user.is_empty());
    let user = variable("SUDO_USER")
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .or_else(name_of_user)
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname();
    format!("{user}@{}", host.nodename().to_string_lossy())
}

/// The name of the user of this process, where the machine has one: services and containers set no variable.
fn name_of_user() -> Option<String> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    user_of(&users, rustix::process::getuid().as_raw())
}

/// The name of a user in the form of `passwd(5)`.
fn user_of(users: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    let name = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1) == Some(&uid)).then(|| name.to_owned())
    };
    users.lines().find_map(name)
}

#[cfg(test)]
mod tests {
    use super::user_of;

    #[test]
    fn a_user_is_found_by_its_number() {
        let users = "root:x:0:0:root:/root:/bin/bash\nbroken\n:x:7::\napp:x:1000:0::/:/bin/false\n";
        for (uid, name) in [
            (0, Some("root")),
            (1_000, Some("app")),
            (7, None),
            (100, None),
        ] {
            assert_eq!(user_of(users, uid).as_deref(), name, "{uid}");
        }
    }
}
