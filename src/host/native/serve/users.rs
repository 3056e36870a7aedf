//! Reads the users of a server from a file.

use std::path::Path;
use std::{fs, io};

use serde::Deserialize;

use crate::api::{Role, TokenHash, User, Users};

/// The maximum size of a users file in bytes.
const BYTES_MAX: u64 = 64 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsersFile {
    #[serde(default)]
    users: Vec<UserTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserTable {
    name: String,
    role: Role,
    token_hash: String,
    #[serde(default)]
    coins: i64,
}

/// Reads users from a TOML file with `[[users]]` tables: `name`, `role`, `token_hash` and
/// optionally `coins`. An error is the reason why the file is rejected.
pub(super) fn read(path: &Path) -> Result<Users, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let bytes = fs::metadata(path).map_err(unreadable)?.len();
    if bytes > BYTES_MAX {
        return Err(format!("it has {bytes} bytes; the limit is {BYTES_MAX}"));
    }
    parse(&fs::read_to_string(path).map_err(unreadable)?)
}

fn parse(text: &str) -> Result<Users, String> {
    let file: UsersFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let user = |UserTable { name, role, token_hash, coins }| {
        let token = token_hash.parse::<TokenHash>();
        let token = token.map_err(|error| format!("token_hash of {name:?}: {error}"))?;
        Ok(User { name, role, token, coins })
    };
    let users = file.users.into_iter().map(user).collect::<Result<_, String>>()?;
    Users::new(users).map_err(|error| error.to_string())
}

/// Returns the lines of a users file for one user.
pub(super) fn lines(name: &str, role: Role, hash: &TokenHash) -> String {
    let name = toml::Value::String(name.to_owned());
    format!("[[users]]\nname = {name}\nrole = \"{}\"\ntoken_hash = \"{hash}\"\n", role.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_lines_can_be_read() {
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
    fn invalid_files_are_rejected_with_message() {
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
            let error = parse(&text).map(|_| ()).expect_err(&text);
            assert!(error.contains(part), "{error}");
        }
    }
}
