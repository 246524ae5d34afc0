//! Examples at the end of each subcommand's help.

use clap::Command;

/// Command lines by subcommand. A line may end with `> FILE`.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "worker",
        &[
            "worker",
            "worker --http-addr 127.0.0.1:9100 --worker-concurrency 4",
        ],
    ),
    (
        "serve",
        &["serve --http-addr 127.0.0.1:8080 --http-tokens-file tokens.json"],
    ),
    ("token", &["token order-service --role request --role read"]),
    ("migrate up", &["migrate up"]),
    ("migrate status", &["migrate status"]),
    (
        "request",
        &[
            "request order-1.json",
            "request --lane ordinary orders.ndjson",
        ],
    ),
    (
        "schema",
        &[
            "schema > request.schema.json",
            "schema --event generated > invoice-generated.schema.json",
        ],
    ),
    ("openapi", &["openapi > openapi.json"]),
    ("asyncapi", &["asyncapi > asyncapi.json"]),
    (
        "validate",
        &["validate request.json", "validate --strict requests.ndjson"],
    ),
    (
        "render",
        &[
            "render request.json -o invoice.pdf",
            "render request.json -o invoice.pdf --watch --png",
            "render request.json --xml invoice.xml --profile xrechnung",
        ],
    ),
    (
        "render-again",
        &["render-again tiktok shop123 order456 pkg789 12345 -o invoice.pdf"],
    ),
    (
        "templates list",
        &["templates list", "templates list --json"],
    ),
    (
        "templates check",
        &["templates check", "templates check invoice"],
    ),
    (
        "templates sheet",
        &[
            "templates sheet -o sheets",
            "templates sheet invoice -o sheets --languages de,en,ja",
            "templates sheet -o sheets --against 3f1c9a52e0b7",
        ],
    ),
    ("templates export", &["templates export my-templates"]),
    (
        "templates fonts",
        &["templates fonts", "templates fonts --json"],
    ),
    (
        "templates new",
        &[
            "templates new letter --from invoice --templates-dir my-templates",
            "templates new slip --templates-dir my-templates",
        ],
    ),
    (
        "show",
        &[
            "show tiktok shop123 order456 pkg789 12345",
            "show tiktok shop123 order456 pkg789 12345 --json",
            "show tiktok shop123 order456 pkg789 12345 --xml > invoice.xml",
        ],
    ),
    (
        "invoices",
        &[
            "invoices --text ord1143",
            "invoices --shop shop123 --status failed --since 1d --json",
        ],
    ),
    (
        "url",
        &["url tiktok shop123 order456 pkg789 12345 --expires 15m"],
    ),
    (
        "export",
        &[
            "export --since 2026-10-01 --until 2026-11-01 -o october.zip",
            "export --shop shop123 --issued-since 2026-10-01 --issued-until 2026-11-01 -o shop123.zip",
        ],
    ),
    (
        "dead-letters list",
        &[
            "dead-letters list --code template_error --since 2h",
            "dead-letters list --order ord1143 --status all",
            "dead-letters list --text Javanese",
        ],
    ),
    (
        "dead-letters groups",
        &["dead-letters groups --since 2h --explain"],
    ),
    ("dead-letters show", &["dead-letters show 7"]),
    (
        "dead-letters export",
        &["dead-letters export --code totals_mismatch > letters.ndjson"],
    ),
    (
        "dead-letters edit",
        &[
            "dead-letters show 17 --request > request.json",
            "dead-letters edit 17 request.json --reason INC-1234",
            "dead-letters edit --code totals_mismatch --patch without-totals.json --dry-run",
        ],
    ),
    (
        "dead-letters import",
        &[
            "dead-letters export --code totals_mismatch -o letters.ndjson",
            "dead-letters import letters.ndjson --dry-run",
        ],
    ),
    (
        "dead-letters repair try",
        &[
            "dead-letters repair try --code totals_mismatch --patch without-totals.json --reason INC-1234 --wait",
        ],
    ),
    (
        "dead-letters repair proposals",
        &[
            "dead-letters repair proposals e_invoice_invalid --rule BR-DE-7 --pointer /seller/contact/email",
            "dead-letters repair proposals currency_unknown --pointer /currency --value EUR",
        ],
    ),
    (
        "dead-letters repair list",
        &["dead-letters repair list --status waiting_for_approval"],
    ),
    (
        "dead-letters repair show",
        &[
            "dead-letters repair show 3",
            "dead-letters repair show 3 --letters --verdict conflict",
        ],
    ),
    (
        "dead-letters repair apply",
        &[
            "dead-letters repair apply 3 --seen 2026-11-20T08:15:30.123456Z --rate 20 --reason INC-1234 --wait",
        ],
    ),
    (
        "dead-letters repair approve",
        &["dead-letters repair approve 3 --seen 2026-11-20T08:15:30.123456Z --reason INC-1234"],
    ),
    (
        "dead-letters repair cancel",
        &["dead-letters repair cancel 3 --reason INC-1234"],
    ),
    (
        "dead-letters repair resume",
        &["dead-letters repair resume 3 --reason INC-1234"],
    ),
    (
        "dead-letters replay",
        &[
            "dead-letters replay --code template_error --dry-run",
            "dead-letters replay --code template_error --reason INC-1234 --wait",
        ],
    ),
    (
        "dead-letters replays",
        &[
            "dead-letters replays --status running",
            "dead-letters replays --cancel 3 --reason INC-1234",
        ],
    ),
    (
        "dead-letters discard",
        &["dead-letters discard 7 --reason INC-1234"],
    ),
    (
        "changes",
        &["changes --actor jo@example.com --since 7d --limit 20"],
    ),
    (
        "audit",
        &["audit --quick", "audit --since 1d --repair --dry-run"],
    ),
    (
        "erase",
        &[
            "erase --platform tiktok --shop 17 --order 1001 --dry-run",
            "erase --older-than 10y --documents --reason retention",
        ],
    ),
    ("setup", &["setup --dry-run", "setup"]),
    (
        "status",
        &["status", "status --watch", "status --json > status.json"],
    ),
    (
        "activity",
        &["activity", "activity --span day --json > activity.json"],
    ),
    ("check", &["check", "check --serve"]),
    ("health", &["health --http-addr 127.0.0.1:9100"]),
    ("config", &["config"]),
    (
        "completions",
        &[
            "completions bash > /etc/bash_completion.d/invoice-worker",
            "completions fish > ~/.config/fish/completions/invoice-worker.fish",
        ],
    ),
    (
        "man",
        &["man > invoice-worker.1", "man /usr/local/share/man/man1"],
    ),
];

/// Adds the examples to the subcommands below a command.
pub(super) fn added(command: Command) -> Command {
    below(command, "")
}

fn below(command: Command, path: &str) -> Command {
    command.mut_subcommands(|subcommand| {
        let path = format!("{path} {}", subcommand.get_name());
        let path = path.trim_start();
        let subcommand = match of(path) {
            Some(lines) => subcommand.after_help(text(lines)),
            None => subcommand,
        };
        below(subcommand, path)
    })
}

fn of(path: &str) -> Option<&'static [&'static str]> {
    let found = EXAMPLES.iter().find(|(of, _)| *of == path);
    found.map(|(_, lines)| *lines)
}

fn text(lines: &[&str]) -> String {
    let heading = if lines.len() == 1 {
        "Example:"
    } else {
        "Examples:"
    };
    let lines = lines
        .iter()
        .map(|line| format!("\n  invoice-worker {line}"));
    heading
        .chars()
        .chain(lines.collect::<String>().chars())
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;
    use crate::cli::{Cli, start};

    /// The subcommands that have none below them, by path.
    fn leaves(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        for subcommand in command.get_subcommands() {
            let path = format!("{path} {}", subcommand.get_name());
            if subcommand.has_subcommands() {
                leaves(subcommand, &path, found);
            } else {
                found.push((path.trim_start().to_owned(), subcommand.clone()));
            }
        }
    }

    #[test]
    fn every_subcommand_has_an_example_that_can_be_run() {
        let mut command = start::command::<Cli>();
        command.build();
        let mut all = Vec::new();
        leaves(&command, "", &mut all);
        for (path, mut subcommand) in all {
            let Some(lines) = of(&path) else {
                panic!("{path} has no example: add one to EXAMPLES");
            };
            assert!((1..=3).contains(&lines.len()), "{path}");
            let shows_it = lines.iter().any(|line| line.starts_with(&path));
            assert!(shows_it, "{path}: {lines:?}");
            for line in lines {
                let (line, _file) = line.split_once(" > ").unwrap_or((line, ""));
                let words = ["invoice-worker"].into_iter().chain(line.split(' '));
                let matches = start::command::<Cli>().try_get_matches_from(words);
                let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
                Cli::from_arg_matches(&matches).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
            let short = subcommand.render_help().to_string();
            assert!(short.contains("Example"), "{short}");
            assert!(!short.contains("Broker settings"), "{short}");
            assert!(short.lines().count() <= 50, "{path}: {short}");
            let long = subcommand.render_long_help().to_string();
            assert!(long.contains("Broker settings"), "{path}: {long}");
        }
        for (path, _) in EXAMPLES {
            let mut names = path.split(' ');
            let found = names.try_fold(&command, |command, name| command.find_subcommand(name));
            assert!(found.is_some(), "{path} is no subcommand");
        }
    }
}
