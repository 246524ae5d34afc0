//! `token`: makes a token for the API.

use std::io::Write as _;
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Args;
use invoice::Sha256Digest;
use serde_json::json;
use uuid::Uuid;

use super::error::WrongUsage;
use crate::http::auth::{Role, tokens};
use crate::output::{self, note};

/// Make a token for the API.
///
/// The token is printed once, on standard error; give it to the caller. The entry for HTTP_TOKENS or the file of HTTP_TOKENS_FILE
/// is printed on standard output. It has the token's SHA-256 only.
#[derive(Debug, Args)]
pub struct Token {
    /// Who will have it; changes and logs name it
    #[arg(value_name = "NAME")]
    name: String,
    /// What it permits
    #[arg(long = "role", value_enum, required = true)]
    roles: Vec<Role>,
}

impl Token {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        // Each has 122 random bits.
        let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
        let token = BASE64_URL_SAFE_NO_PAD.encode(random.as_flattened());
        let sha256 = Sha256Digest::of(token.as_bytes()).to_string();
        let entry = json!({ "name": self.name, "sha256": sha256, "roles": self.roles });
        // The rate does not matter: the entry is only checked.
        tokens::parse(&json!([entry]).to_string(), NonZeroU32::MIN)
            .map_err(|error| WrongUsage(error.to_string()))?;
        note(format_args!("token: {token}"));
        note(format_args!(
            "put the entry into HTTP_TOKENS, or into the file that HTTP_TOKENS_FILE names; put several into one array: [ENTRY, ENTRY]"
        ));
        Ok(writeln!(output::stdout(), "{entry}")?)
    }
}
