//! The users' file of a server: read at the start and on SIGHUP, written when an operator changes users
//! over HTTP.
//!
//! It is written beside and renamed, readable by its owner only, so a crash leaves the old file or the new
//! one. Changes that somebody else has made to the file since it was read are never overwritten. Comments
//! are lost when it is written.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use serde::Deserialize;

use crate::api::{Role, Service, TokenHash, User, Users, UsersStore};

/// The maximum size of a users file in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// The first line of a file that the server has written.
const HEADING: &str =
    "# Written by `ledgerlab serve`. Comments are lost at the next change over HTTP.\n";

/// A users file, and its content when it was read or written last.
#[derive(Debug)]
pub(super) struct UsersFile {
    path: PathBuf,
    known: Mutex<blake3::Hash>,
}

impl UsersFile {
    /// Reads users from a TOML file with `[[users]]` tables: `name`, `role`, `token_hash` and
    /// optionally `old_token_hash` and `coins`. An error is the reason why the file is rejected.
    pub(super) fn open(path: &Path) -> Result<(Self, Users), String> {
        // A link stays, and the file that it points to is replaced.
        let path = fs::canonicalize(path).map_err(unreadable)?;
        let text = read(&path)?;
        let users = parse(&text)?;
        Ok((Self { path, known: Mutex::new(blake3::hash(text.as_bytes())) }, users))
    }

    /// Logs a warning if others than the owner can read or write the file.
    pub(super) fn warn_if_exposed(&self) {
        #[cfg(unix)]
        if let Ok(metadata) = fs::metadata(&self.path) {
            use std::os::unix::fs::PermissionsExt;
            let mode = metadata.permissions().mode() & 0o777;
            if mode & 0o066 != 0 {
                let path = self.path.display();
                tracing::warn!(
                    "others than the owner can read or write the users' file {path} (mode {mode:03o}); \
                     `chmod 600` it: who writes it can move all money"
                );
            }
        }
    }

    /// Reads the file again. If it is invalid, the users stay as they are. Logs the outcome.
    pub(super) fn reload(&self, service: &Service) {
        let mut hash = None;
        let replaced = service.replace_users(|| {
            let text = read(&self.path)?;
            hash = Some(blake3::hash(text.as_bytes()));
            parse(&text)
        });
        let path = self.path.display();
        match (replaced, hash) {
            (Ok(()), Some(hash)) => {
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = hash;
                self.warn_if_exposed();
                let users = service.users().all().len();
                tracing::info!(users, "the users' file {path} was read again");
            }
            (Err(why), _) => tracing::error!(
                "the users' file {path} was not read again, and the users stay as they are: {why}"
            ),
            (Ok(()), None) => {}
        }
    }

    fn write(&self, users: &Users) -> Result<(), String> {
        let mut text = HEADING.to_owned();
        for User { name, role, token, old_token, coins } in users.all() {
            text += &lines(name, *role, token);
            if let Some(token) = old_token {
                let _ = writeln!(text, "old_token_hash = \"{token}\"");
            }
            let _ = writeln!(text, "coins = {coins}");
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.display();
        if blake3::hash(read(&self.path)?.as_bytes()) != *known {
            return Err(format!(
                "{path} was changed since the server read it; send SIGHUP to the server to read it first"
            ));
        }
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        let replace = || {
            let mut beside = tempfile::Builder::new().prefix(".users-").tempfile_in(folder)?;
            beside.write_all(text.as_bytes())?;
            beside.as_file().sync_all()?;
            beside.persist(&self.path)?;
            sync_folder(folder)
        };
        replace().map_err(|error: io::Error| format!("{path} cannot be written: {error}"))?;
        *known = blake3::hash(text.as_bytes());
        Ok(())
    }
}

impl UsersStore for UsersFile {
    fn store(&self, users: &Users) -> Result<(), String> {
        // Other requests of this thread move to another one meanwhile.
        tokio::task::block_in_place(|| self.write(users))
    }
}

/// Makes a renamed file survive a power failure.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    #[serde(default)]
    users: Vec<UserTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserTable {
    name: String,
    role: Role,
    token_hash: String,
    old_token_hash: Option<String>,
    #[serde(default)]
    coins: i64,
}

fn unreadable(error: io::Error) -> String {
    format!("it cannot be read: {error}")
}

fn read(path: &Path) -> Result<String, String> {
    // A device has no length, and no end.
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(format!("it has more than {BYTES_MAX} bytes, the limit"));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Users, String> {
    let file: FileTable = toml::from_str(text).map_err(|error| error.to_string())?;
    let user = |UserTable { name, role, token_hash, old_token_hash, coins }| {
        let hash = |field: &str, text: String| {
            text.parse::<TokenHash>().map_err(|error| format!("{field} of {name:?}: {error}"))
        };
        let token = hash("token_hash", token_hash)?;
        let old_token = old_token_hash.map(|text| hash("old_token_hash", text)).transpose()?;
        Ok(User { name, role, token, old_token, coins })
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

    #[cfg(unix)]
    #[test]
    fn file_is_replaced_privately_and_foreign_changes_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("users.toml");
        let link = folder.path().join("link.toml");
        fs::write(&path, lines("a", Role::Operator, &TokenHash::of("1"))).expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        let (file, users) = UsersFile::open(&link).expect("it can be read");
        let mut all = users.all().to_vec();
        all[0].old_token = Some(TokenHash::of("0"));
        all[0].coins = 7;
        file.write(&users.with(all).expect("valid")).expect("it can be written");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (_, read) = UsersFile::open(&path).expect("it can be read");
        let user = read.named("a", "0").expect("the old token is in the file");
        assert_eq!((user.coins, read.named("a", "1").is_some()), (7, true));
        let text = fs::read_to_string(&path).expect("it can be read") + "# by hand\n";
        fs::write(&path, &text).expect("written");
        let error = file.write(&users).expect_err("it was changed by hand");
        assert!(error.contains("send SIGHUP"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("it can be read"), text);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left");
    }

    #[cfg(unix)]
    #[test]
    fn file_without_end_is_rejected() {
        let error = read(Path::new("/dev/zero")).expect_err("it is too large");
        assert!(error.contains("limit"), "{error}");
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
