//! What of the settings is probably not meant: contradictions, names that are nearly those of settings, and dollar signs in
//! `.env`. None of it keeps the program from starting.

use clap::Command;
use strsim::osa_distance;

use super::documents::DocumentSettings;
use super::retry::RetrySettings;
use super::source::EnvFile;
use super::worker::WorkerSettings;

/// Something that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The variable, with its place where that is known.
    pub setting: String,
    /// What is wrong and what to do, as the rest of a sentence that begins with the variable.
    pub problem: String,
}

impl Doubt {
    fn new(setting: &str, problem: String) -> Self {
        Self {
            setting: setting.to_owned(),
            problem,
        }
    }
}

/// Names in `.env` that begin like this are meant for this program.
const OWN_PREFIXES: [&str; 11] = [
    "AMQP_",
    "ARCHIVE_",
    "ATTACHMENTS_",
    "BULK_",
    "DELIVERY_",
    "OIDC_",
    "RENDER_",
    "RETRY_",
    "STORE_",
    "TEMPLATES_",
    "WORKER_",
];

/// A name with more letters changed, added, left out or swapped is that of another program.
const MOST_CHANGES: usize = 2;

/// Settings that contradict each other.
pub(super) fn contradictions(
    retry: &RetrySettings,
    worker: &WorkerSettings,
    documents: &DocumentSettings,
) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let delays = &retry.retry_delays_seconds;
    if let Some([before, after]) = delays
        .array_windows()
        .find(|[before, after]| after < before)
    {
        let problem = format!(
            "has {after} after {before}: a request would wait for less the more often it has failed; expected delays that grow, \
             like 5,30,300"
        );
        doubts.push(Doubt::new("RETRY_DELAYS_SECONDS", problem));
    }
    let longest = delays.iter().copied().max().unwrap_or_default();
    let max_age = retry.retry_max_age_seconds;
    if max_age < u64::from(longest) {
        let problem = format!(
            "is {max_age}, less than the longest of RETRY_DELAYS_SECONDS, {longest}: a request is given up before its last \
             delays; expected more than their sum"
        );
        doubts.push(Doubt::new("RETRY_MAX_AGE_SECONDS", problem));
    }
    let (prefetch, renderers) = (worker.prefetch(), worker.concurrency());
    if usize::from(prefetch) < renderers {
        let problem = format!(
            "is {prefetch}, less than WORKER_CONCURRENCY, {renderers}: {} renderers would always be idle; expected {renderers} \
             or more",
            renderers - usize::from(prefetch)
        );
        doubts.push(Doubt::new("WORKER_PREFETCH", problem));
    }
    let (files, request) = (documents.attachments_max_bytes, documents.request_max_bytes);
    let in_base64 = u64::from(files).div_ceil(3) * 4;
    if in_base64 > u64::from(request) {
        let problem = format!(
            "is {files}, which is {in_base64} bytes in base64, more than REQUEST_MAX_BYTES, {request}: such a request is refused \
             as a whole; raise that"
        );
        doubts.push(Doubt::new("ATTACHMENTS_MAX_BYTES", problem));
    }
    doubts
}

/// Names that are nearly those of settings, and values with names behind a dollar sign.
pub(super) fn misspelt(
    command: &Command,
    file: &EnvFile,
    environment: impl Iterator<Item = String>,
) -> Vec<Doubt> {
    let settings = command.get_arguments().filter_map(|it| it.get_env());
    let settings: Vec<&str> = settings.filter_map(|name| name.to_str()).collect();
    let mut doubts = Vec::new();
    for (name, line) in &file.lines {
        let place = format!("{name} (.env:{})", line.line);
        let is_setting = settings.contains(&name.as_str());
        if let Some(nearest) = nearest(name, &settings, true) {
            doubts.push(Doubt::new(&place, no_setting(nearest)));
        } else if is_setting && line.is_used && line.is_substituted {
            // The name behind the dollar sign is not shown: it may be a part of a password.
            let problem = "has a dollar sign in its value, and the name behind it was replaced by the value of that variable, \
                           or by nothing; to keep the dollar sign, put the value into single quotes";
            doubts.push(Doubt::new(&place, problem.to_owned()));
        }
    }
    // `.env` has added its variables to the environment.
    for name in environment.filter(|name| !file.lines.contains_key(name)) {
        if let Some(nearest) = nearest(&name, &settings, false) {
            let place = format!("{name} (the environment)");
            doubts.push(Doubt::new(&place, no_setting(nearest)));
        }
    }
    doubts
}

fn no_setting(nearest: &str) -> String {
    format!("is no setting, and has no effect; {nearest} is one")
}

/// The setting that is probably meant by a name which is none.
fn nearest<'a>(name: &str, settings: &[&'a str], is_own_file: bool) -> Option<&'a str> {
    if settings.contains(&name) {
        return None;
    }
    let is_meant = is_own_file && OWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    // The lengths are compared first: a process has many variables, and the program many settings.
    let near = settings
        .iter()
        .filter(|setting| is_meant || setting.len().abs_diff(name.len()) <= MOST_CHANGES)
        .map(|setting| (osa_distance(name, setting), *setting));
    let (changes, setting) = near.min()?;
    (is_meant || changes <= MOST_CHANGES).then_some(setting)
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::super::source::EnvLine;
    use super::*;

    #[test]
    fn a_replaced_part_of_a_value_is_not_shown() {
        let line = EnvLine {
            line: 7,
            is_used: true,
            is_substituted: true,
        };
        let file = EnvFile {
            lines: [("KEY".to_owned(), line)].into(),
        };
        let command = Command::new("p").arg(Arg::new("key").long("key").env("KEY"));
        let doubts = misspelt(&command, &file, std::iter::empty());
        assert_eq!(doubts.len(), 1, "{doubts:?}");
        assert_eq!(doubts[0].setting, "KEY (.env:7)");
        assert!(
            doubts[0]
                .problem
                .starts_with("has a dollar sign in its value, ")
        );
        assert!(!doubts[0].problem.contains('$'), "{doubts:?}");
    }

    #[test]
    fn names_of_other_programs_are_left_alone() {
        let settings = ["AMQP_URL", "HTTP_ADDR", "AWS_REGION", "WORKER_PREFETCH"];
        for (name, is_own_file, expected) in [
            ("AMQP_ULR", false, Some("AMQP_URL")),
            ("AMQP_URL", true, None),
            ("WORKERS_PREFECH", false, Some("WORKER_PREFETCH")),
            ("WORKERS_PREFEH", false, None),
            ("POSTGRES_PASSWORD", true, None),
            ("HTTP_PROXY", true, None),
            ("AWS_PROFILE", true, None),
            ("WORKER_COUNT", true, Some("WORKER_PREFETCH")),
            ("WORKER_COUNT", false, None),
        ] {
            assert_eq!(nearest(name, &settings, is_own_file), expected, "{name}");
        }
    }
}
