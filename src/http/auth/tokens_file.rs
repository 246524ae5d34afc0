//! Where tokens come from: a variable, or a file that is read again when it changes.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::Access;
use super::tokens::{self, Token};
use crate::config::{ConfigError, HttpSettings, MaskedSecret};
use crate::telemetry::metrics;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_secs(2);

/// The tokens of the settings, and the file that they are from.
#[derive(Default)]
pub struct Loaded {
    /// None where none are set.
    pub tokens: Option<Vec<Token>>,
    /// The file, if there is one.
    pub file: Option<TokensFile>,
}

/// A file of tokens, as it was loaded. It may change before it is watched: servers are connected to in between.
#[derive(Clone)]
pub struct TokensFile {
    path: PathBuf,
    text: String,
    usual_rate: NonZeroU32,
}

/// The tokens of the settings.
///
/// # Errors
///
/// They cannot be read or used.
pub fn load(settings: &HttpSettings) -> Result<Loaded, ConfigError> {
    let usual_rate = settings.http_rate_per_second;
    let wrong = |variable, problem| ConfigError { variable, problem };
    let text = settings.http_tokens.as_ref().map(MaskedSecret::expose);
    let text = text.filter(|text| !text.is_empty());
    let file = settings.http_tokens_file.as_deref();
    let file = file.filter(|file| !file.as_os_str().is_empty());
    match (text, file) {
        (Some(_), Some(_)) => Err(wrong(
            "HTTP_TOKENS",
            "is set and HTTP_TOKENS_FILE too; set one of them".to_owned(),
        )),
        (Some(text), None) => {
            let tokens = tokens::parse(text, usual_rate);
            let tokens = tokens.map_err(|error| wrong("HTTP_TOKENS", error.to_string()))?;
            show_ends(&tokens);
            Ok(Loaded {
                tokens: Some(tokens),
                file: None,
            })
        }
        (None, Some(path)) => {
            let wrong = |problem| wrong("HTTP_TOKENS_FILE", problem);
            let text = read(path).map_err(wrong)?;
            let tokens = parse(path, &text, usual_rate).map_err(wrong)?;
            show_ends(&tokens);
            Ok(Loaded {
                tokens: Some(tokens),
                file: Some(TokensFile {
                    path: path.to_owned(),
                    text,
                    usual_rate,
                }),
            })
        }
        (None, None) => Ok(Loaded::default()),
    }
}

/// Uses each change of a file until `stop`. A file that cannot be used changes nothing.
pub async fn follow(file: TokensFile, access: &Access, stop: &CancellationToken) {
    let TokensFile {
        path,
        text,
        usual_rate,
    } = file;
    let (file, mut before) = (&*path, Ok(text));
    loop {
        tokio::select! {
            () = sleep(INTERVAL) => {}
            () = stop.cancelled() => break,
        }
        let now = read(file);
        if now == before {
            continue;
        }
        match now.clone().and_then(|text| parse(file, &text, usual_rate)) {
            Ok(tokens) => {
                let count = tokens.len();
                show_ends(&tokens);
                access.replace(tokens);
                info!(event = "http_tokens_reloaded", count, "tokens reloaded");
            }
            Err(error) => error!(
                event = "http_tokens_refused",
                error, "tokens not reloaded; the tokens before stay in use"
            ),
        }
        before = now;
    }
}

fn show_ends(tokens: &[Token]) {
    metrics::tokens_in_use(tokens.iter().filter_map(Token::expires));
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file)
        .map_err(|error| format!("is {}, which cannot be read: {error}", file.display()))
}

fn parse(file: &Path, text: &str, usual_rate: NonZeroU32) -> Result<Vec<Token>, String> {
    tokens::parse(text, usual_rate).map_err(|error| format!("is {}, which {error}", file.display()))
}
