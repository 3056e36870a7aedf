//! The users of a server, from a file.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

use crate::api::{Role, TokenHash, User, Users, UsersError};
use crate::trail::DigestError;

/// The most bytes of a file of users.
const BYTES_MAX: u64 = 64 << 20;

/// Why a file of users is of no use.
#[derive(Debug)]
pub(super) enum BadFile {
    /// It cannot be opened or read.
    Unreadable(std::io::Error),
    /// It is too large to be one.
    TooLarge(u64),
    /// It is no TOML, or not of this form.
    Form(String),
    /// A user's hash is none.
    Hash(String, DigestError),
    /// The users cannot be.
    Users(UsersError),
}

impl fmt::Display for BadFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(formatter, "it cannot be read: {error}"),
            Self::TooLarge(bytes) => {
                write!(formatter, "it has {bytes} bytes; {BYTES_MAX} are the most")
            }
            Self::Form(why) => write!(formatter, "{why}"),
            Self::Hash(name, error) => write!(formatter, "token_hash of {name:?}: {error}"),
            Self::Users(error) => error.fmt(formatter),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    users: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    role: Role,
    token_hash: String,
    #[serde(default)]
    coins: i64,
}

/// Reads users from a TOML file: `[[users]]` with `name`, `role`, `token_hash` and, where they are to begin with some,
/// `coins`.
pub(super) fn read(path: &Path) -> Result<Users, BadFile> {
    let bytes = std::fs::metadata(path).map_err(BadFile::Unreadable)?.len();
    if bytes > BYTES_MAX {
        return Err(BadFile::TooLarge(bytes));
    }
    parse(&std::fs::read_to_string(path).map_err(BadFile::Unreadable)?)
}

fn parse(text: &str) -> Result<Users, BadFile> {
    let file: File = toml::from_str(text).map_err(|error| BadFile::Form(error.to_string()))?;
    let user = |row: Row| {
        let token: Result<TokenHash, _> = row.token_hash.parse();
        let token = token.map_err(|error| BadFile::Hash(row.name.clone(), error))?;
        Ok(User { name: row.name, role: row.role, token, coins: row.coins })
    };
    let users = file.users.into_iter().map(user).collect::<Result<Vec<_>, BadFile>>()?;
    Users::new(users).map_err(BadFile::Users)
}

/// The lines of such a file for one user.
pub(super) fn lines(name: &str, role: Role, hash: &TokenHash) -> String {
    let name = toml::Value::String(name.to_owned());
    format!("[[users]]\nname = {name}\nrole = \"{}\"\ntoken_hash = \"{hash}\"\n", role.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_a_user_is_read_again() {
        let text = lines("aaron", Role::Operator, &TokenHash::of("secret"));
        let users =
            parse(&format!("{text}coins = 5\n{}", lines("b", Role::User, &TokenHash::of("2"))));
        let users = users.expect("it can be read");
        let user = users.named("aaron", "secret").expect("it is the token");
        assert_eq!((user.role, user.coins), (Role::Operator, 5));
        assert!(users.named("aaron", "2").is_none() && users.named("b", "2").is_some());
        assert!(!users.are_public());
    }

    #[test]
    fn files_that_say_nothing_sound_are_refused_with_a_sentence() {
        let hash = TokenHash::of("1").to_string();
        let user = |fields: &str| format!("[[users]]\nname = \"a\"\n{fields}\n");
        for (text, part) in [
            (String::new(), "there is no user"),
            ("x".to_owned(), "expected"),
            (user("role = \"king\"\ntoken_hash = \"\""), "king"),
            (user("role = \"user\""), "token_hash"),
            (user("role = \"user\"\ntoken_hash = \"ab\""), "64 hexadecimal digits"),
            (user(&format!("role = \"user\"\ntoken_hash = \"{hash}\"\ncolour = 1")), "colour"),
            (user(&format!("role = \"user\"\ntoken_hash = \"{hash}\"\ncoins = -1")), "not -1"),
        ] {
            let error = parse(&text).map(|_| ()).expect_err(&text).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
