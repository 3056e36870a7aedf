//! Users, their roles, and the hashes of their tokens.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Bound;
use std::str::FromStr;
use std::sync::LazyLock;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use serde::{Deserialize, Serialize};

use crate::coins::{NameError, check_name};
use crate::trail::Digest;

/// The maximum number of users of a service.
pub const USERS_MAX: usize = 100_000;

/// The number of random bytes in a generated token.
const TOKEN_BYTES: usize = 32;

/// The context of the hash, so that the hash of a token differs from any other hash of the same text.
const CONTEXT: &str = "ledgerlab 2026 hash of an API token";

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and moves the user's own money.
    User,
    /// Reads everything and moves nothing.
    Auditor,
    /// Reads and moves everything, and runs scenarios.
    Operator,
}

impl Role {
    /// All roles, in ascending order of permissions.
    pub const ALL: [Self; 3] = [Self::User, Self::Auditor, Self::Operator];

    /// Returns the role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The name in files and responses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Returns how much of a limit that all users share this role may take: all of it for operators, who must be able
    /// to act when users have taken the rest, and all but a sixteenth for others.
    pub const fn part_of(self, limit: u64) -> u64 {
        match self {
            Self::Operator => limit,
            Self::User | Self::Auditor => limit - limit / 16,
        }
    }

    /// Whether users with this role may read everything.
    pub const fn reads_everything(self) -> bool {
        !matches!(self, Self::User)
    }
}

/// A secret token. `{:?}` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Generates a token of 256 random bits, in hexadecimal digits.
    ///
    /// # Errors
    /// The host's error if it has no source of randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(Digest(bytes).to_string()))
    }

    /// The text of the token.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash of the token.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// The BLAKE3 hash of a token, in the mode for deriving keys. BLAKE3 compares hashes in constant time.
///
/// A generated token has 256 random bits, so a slow hash would add nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash(blake3::Hash);

impl TokenHash {
    /// Returns the hash of a token.
    pub fn of(token: &str) -> Self {
        // The same as `blake3::derive_key`, which would hash the context each time.
        static KEY: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context(CONTEXT));
        Self(blake3::Hasher::new_from_context_key(&KEY).update(token.as_bytes()).finalize())
    }

    pub(super) fn key(self) -> [u8; 32] {
        *self.0.as_bytes()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for TokenHash {
    type Err = crate::trail::DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest: Digest = text.parse()?;
        Ok(Self(digest.0.into()))
    }
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The name of the user and of the account.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The hash of the user's token.
    pub token: TokenHash,
    /// The hash of the previous token, which is accepted as well until it is removed.
    pub old_token: Option<TokenHash>,
    /// The initial balance of the account.
    pub coins: i64,
}

impl User {
    /// Whether the user has this token. Both hashes are compared in constant time.
    fn has(&self, token: TokenHash) -> bool {
        (self.token == token) | (self.old_token == Some(token))
    }
}

/// Why a list of users is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsersError {
    /// The list is empty.
    Empty,
    /// There are more than [`USERS_MAX`] users.
    TooMany {
        /// The number of users.
        users: usize,
    },
    /// A name is invalid.
    Name {
        /// The user's position in the list, from 1.
        position: usize,
        /// The reason.
        error: NameError,
    },
    /// Two users have the same name.
    SameName {
        /// The name.
        name: String,
    },
    /// Two users have the same token.
    SameToken {
        /// The name of the second user.
        name: String,
    },
    /// An initial balance is negative.
    Coins {
        /// The name of the user.
        name: String,
        /// The initial balance.
        coins: i64,
    },
}

impl fmt::Display for UsersError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(formatter, "there is no user; at least one is required"),
            Self::TooMany { users } => {
                write!(formatter, "there are {users} users; the maximum is {USERS_MAX}")
            }
            Self::Name { position, error } => write!(formatter, "user {position}: {error}"),
            Self::SameName { name } => write!(formatter, "user {name:?} is given twice"),
            Self::SameToken { name } => {
                write!(formatter, "user {name:?} has the token of another user")
            }
            Self::Coins { name, coins } => {
                write!(
                    formatter,
                    "the initial balance of user {name:?} must be at least 0 coins, not {coins}"
                )
            }
        }
    }
}

impl std::error::Error for UsersError {}

/// The users of a service.
#[derive(Clone, Debug)]
pub struct Users {
    all: Vec<User>,
    by_name: BTreeMap<String, usize>,
    by_token: HashMap<[u8; 32], usize>,
    are_public: bool,
}

impl Users {
    /// Checks a list of users.
    ///
    /// # Errors
    /// [`UsersError`] naming the first user that is invalid.
    pub fn new(all: Vec<User>) -> Result<Self, UsersError> {
        if all.is_empty() {
            return Err(UsersError::Empty);
        }
        if all.len() > USERS_MAX {
            return Err(UsersError::TooMany { users: all.len() });
        }
        let (mut by_name, mut by_token) = (BTreeMap::new(), HashMap::new());
        for (index, User { name, token, old_token, coins, .. }) in all.iter().enumerate() {
            check_name(name).map_err(|error| UsersError::Name { position: index + 1, error })?;
            if *coins < 0 {
                return Err(UsersError::Coins { name: name.clone(), coins: *coins });
            }
            if by_name.insert(name.clone(), index).is_some() {
                return Err(UsersError::SameName { name: name.clone() });
            }
            for token in [Some(token), old_token.as_ref()].into_iter().flatten() {
                if by_token.insert(token.key(), index).is_some() {
                    return Err(UsersError::SameToken { name: name.clone() });
                }
            }
        }
        Ok(Self { all, by_name, by_token, are_public: false })
    }

    /// Creates an empty list, for a ledger that only its program calls. Every request is rejected.
    pub fn none() -> Self {
        let (by_name, by_token) = (BTreeMap::new(), HashMap::new());
        Self { all: Vec::new(), by_name, by_token, are_public: false }
    }

    /// Creates the users of the demo, with public tokens: an auditor, an operator, and GoLedger's two,
    /// who may deposit and withdraw as they can in GoLedger.
    pub fn demo() -> Self {
        let user = |name: &str, role, token, coins| User {
            name: name.to_owned(),
            role,
            token: TokenHash::of(token),
            old_token: None,
            coins,
        };
        let all = vec![
            user("aaron", Role::User, "1", 1_000),
            user("bryan", Role::User, "2", 1_000),
            user("auditor", Role::Auditor, "auditor", 0),
            user("operator", Role::Operator, "operator", 0),
        ];
        let users = Self::new(all).expect("the list is valid");
        Self { are_public: true, ..users }
    }

    /// Whether their tokens are public.
    pub fn are_public(&self) -> bool {
        self.are_public
    }

    /// All users.
    pub fn all(&self) -> &[User] {
        &self.all
    }

    /// Returns a list with other users whose tokens are as public as those of this one.
    ///
    /// # Errors
    /// The same as [`Users::new`].
    pub fn with(&self, all: Vec<User>) -> Result<Self, UsersError> {
        Ok(Self { are_public: self.are_public, ..Self::new(all)? })
    }

    /// Returns the position of the user with this name in [`Users::all`].
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the users whose names follow `name`, in the order of their names.
    pub fn following(&self, name: &str) -> impl Iterator<Item = &User> {
        let range = (Bound::Excluded(name), Bound::Unbounded);
        self.by_name.range::<str, _>(range).map(|(_, index)| &self.all[*index])
    }

    /// Returns the user with this name, if this is the token. An unknown name takes as long as an invalid token.
    pub fn named(&self, name: &str, token: &str) -> Option<&User> {
        let user = self.by_name.get(name).map(|index| &self.all[*index]);
        let hash = TokenHash::of(token);
        user.filter(|user| user.has(hash))
    }

    /// Returns the user with this token. The lookup is by hash, so its time does not depend on the token.
    pub fn holding(&self, token: &str) -> Option<&User> {
        self.position_holding(token).map(|position| &self.all[position])
    }

    /// Returns the position of the user with this token in [`Users::all`], as [`Users::holding`] finds it.
    pub(super) fn position_holding(&self, token: &str) -> Option<usize> {
        let hash = TokenHash::of(token);
        let position = self.by_token.get(&hash.key()).copied();
        position.filter(|position| self.all[*position].has(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, token: &str, coins: i64) -> User {
        let (name, token) = (name.to_owned(), TokenHash::of(token));
        User { name, role: Role::User, token, old_token: None, coins }
    }

    #[test]
    fn only_matching_user_and_token_are_accepted() {
        let users = Users::demo();
        for (name, token, accepted) in [
            ("aaron", "1", true),
            ("aaron", "2", false),
            ("bryan", "2", true),
            ("aaron", "", false),
            ("aaron", "1 ", false),
            ("Aaron", "1", false),
            ("nobody", "1", false),
            ("nobody", "", false),
        ] {
            assert_eq!(users.named(name, token).is_some(), accepted, "{name} {token:?}");
        }
        assert_eq!(users.holding("2").map(|user| user.name.as_str()), Some("bryan"));
        assert!(users.holding("3").is_none());
        assert!(users.are_public());
    }

    #[test]
    fn invalid_users_are_rejected() {
        let two = |one: User, other: User| Users::new(vec![one, other]).map(|_| ());
        let same_name = UsersError::SameName { name: "a".to_owned() };
        assert_eq!(two(user("a", "1", 0), user("a", "2", 0)), Err(same_name));
        let same_token = UsersError::SameToken { name: "b".to_owned() };
        assert_eq!(two(user("a", "1", 0), user("b", "1", 0)), Err(same_token));
        let reused = User { old_token: Some(TokenHash::of("1")), ..user("b", "2", 0) };
        let same_token = UsersError::SameToken { name: "b".to_owned() };
        assert_eq!(two(user("a", "1", 0), reused), Err(same_token));
        let coins = UsersError::Coins { name: "b".to_owned(), coins: -1 };
        assert_eq!(two(user("a", "1", 0), user("b", "2", -1)), Err(coins));
        assert!(matches!(
            two(user("a", "1", 0), user("@world", "2", 0)),
            Err(UsersError::Name { position: 2, .. })
        ));
        assert_eq!(Users::new(Vec::new()).map(|_| ()), Err(UsersError::Empty));
        let many = (0..=USERS_MAX).map(|number| user(&number.to_string(), &number.to_string(), 0));
        let error = Users::new(many.collect()).map(|_| ());
        assert_eq!(error, Err(UsersError::TooMany { users: USERS_MAX + 1 }));
    }

    #[test]
    fn old_token_is_accepted_beside_the_new_one() {
        let old_token = Some(TokenHash::of("old"));
        let users = Users::new(vec![User { old_token, ..user("a", "new", 0) }]).expect("valid");
        for (token, accepted) in [("new", true), ("old", true), ("older", false)] {
            assert_eq!(users.named("a", token).is_some(), accepted, "{token}");
            assert_eq!(users.holding(token).is_some(), accepted, "{token}");
        }
    }

    #[test]
    fn token_is_random_hidden_and_hash_can_be_parsed() {
        let derived = blake3::derive_key(CONTEXT, b"1");
        assert_eq!(TokenHash::of("1").key(), derived, "files of users have such hashes");
        let (one, other) =
            (Token::random().expect("randomness"), Token::random().expect("randomness"));
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!((one.reveal().len(), format!("{one:?}")), (64, "Token(…)".to_owned()));
        let hash = one.hash().to_string();
        assert_eq!(hash.parse::<TokenHash>().expect("it is a hash"), one.hash());
        assert_ne!(hash, one.reveal());
        assert_ne!(one.hash(), other.hash());
    }
}
