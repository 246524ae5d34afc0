//! `config`: what is in force.

use crate::config::Settings;

pub(super) fn run(settings: &Settings) -> anyhow::Result<()> {
    for (variable, value) in settings.in_force() {
        match value {
            Some(value) => println!("{variable}={value}"),
            None => println!("# {variable} is not set"),
        }
    }
    Ok(())
}
