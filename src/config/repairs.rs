//! Repairs of groups of dead letters.

use std::num::NonZeroU16;

use clap::Args;

use super::parse;

/// Repairs of groups of dead letters.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Repair settings")]
pub struct RepairSettings {
    /// Whether the changes of a repair need the approval of a person who has neither made nor applied it; the setting of
    /// `serve` decides, also for the command line
    #[arg(
        long,
        env = "REPAIR_NEEDS_APPROVAL",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = false, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub repair_needs_approval: bool,

    /// Renderer processes of `serve` for trials of repairs, of the lowest priority; they end when nothing is tried
    #[arg(
        long,
        env = "REPAIR_RENDERERS",
        value_name = "COUNT",
        default_value = "1",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::count(64))]
    pub repair_renderers: NonZeroU16,
}
