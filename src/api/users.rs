//! Who may ask: users, their roles, and their tokens, of which only hashes are kept.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::coins::{NameError, check_name};
use crate::trail::Digest;

/// The most users of one service.
pub const USERS_MAX: usize = 100_000;

/// Bytes of randomness in a token that is made here.
const TOKEN_BYTES: usize = 32;

/// What hashes of tokens begin from, so that they are no hashes of anything else.
const CONTEXT: &str = "ledgerlab 2026 hash of an API token";

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees and moves the user's own money.
    User,
    /// Reads everything and moves nothing.
    Auditor,
    /// Reads and moves everything, and runs scenarios.
    Operator,
}

impl Role {
    /// Its name in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Whether it may see what is everybody's.
    pub const fn reads_everything(self) -> bool {
        !matches!(self, Self::User)
    }
}

/// A secret, as its holder sends it. It is never shown by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A fresh one: 256 random bits in hexadecimal digits.
    ///
    /// # Errors
    /// What the host says when it has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(Digest(bytes).to_string()))
    }

    /// The text that its holder sends.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// BLAKE3 of a token, in its mode for deriving keys. Two are compared in constant time.
///
/// A token that is made here has 256 random bits, so a slow hash would add nothing.
#[derive(Clone, Copy)]
pub struct TokenHash(blake3::Hash);

impl TokenHash {
    /// Of this text.
    pub fn of(token: &str) -> Self {
        Self(blake3::derive_key(CONTEXT, token.as_bytes()).into())
    }

    fn key(self) -> [u8; 32] {
        *self.0.as_bytes()
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        // blake3 promises that its own comparison takes the same time whatever differs.
        self.0 == other.0
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenHash({self})")
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

/// One who may ask.
#[derive(Clone, Debug)]
pub struct User {
    /// The name, which is also that of the account.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// What is kept of the user's token.
    pub token: TokenHash,
    /// Coins that the account begins with.
    pub coins: i64,
}

/// Users that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UsersError {
    /// There is nobody.
    Nobody,
    /// There are more than [`USERS_MAX`].
    TooMany {
        /// How many there are.
        users: usize,
    },
    /// Nobody can have this name.
    Name {
        /// The user's place in the list, from 1.
        place: usize,
        /// Why not.
        error: NameError,
    },
    /// Two have the same name.
    Twice {
        /// The name.
        name: String,
    },
    /// Two have the same token, so that nobody could tell them apart.
    SameToken {
        /// The second one's name.
        name: String,
    },
    /// An account begins with 0 coins or more.
    Coins {
        /// Whose.
        name: String,
        /// What was asked for.
        coins: i64,
    },
}

impl fmt::Display for UsersError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => write!(formatter, "there is no user, so nobody could ask for anything"),
            Self::TooMany { users } => {
                write!(formatter, "there are {users} users; {USERS_MAX} are the most")
            }
            Self::Name { place, error } => write!(formatter, "user {place}: {error}"),
            Self::Twice { name } => write!(formatter, "user {name:?} is there twice"),
            Self::SameToken { name } => {
                write!(formatter, "user {name:?} has the token of another user")
            }
            Self::Coins { name, coins } => {
                write!(formatter, "user {name:?} begins with 0 coins or more, not {coins}")
            }
        }
    }
}

impl std::error::Error for UsersError {}

/// All who may ask.
#[derive(Clone, Debug)]
pub struct Users {
    all: Vec<User>,
    by_name: HashMap<String, usize>,
    by_token: HashMap<[u8; 32], usize>,
    are_public: bool,
}

impl Users {
    /// These.
    ///
    /// # Errors
    /// [`UsersError`] naming the first one that cannot be.
    pub fn new(all: Vec<User>) -> Result<Self, UsersError> {
        if all.is_empty() {
            return Err(UsersError::Nobody);
        }
        if all.len() > USERS_MAX {
            return Err(UsersError::TooMany { users: all.len() });
        }
        let (mut by_name, mut by_token) = (HashMap::new(), HashMap::new());
        for (place, User { name, token, coins, .. }) in all.iter().enumerate() {
            check_name(name).map_err(|error| UsersError::Name { place: place + 1, error })?;
            if *coins < 0 {
                return Err(UsersError::Coins { name: name.clone(), coins: *coins });
            }
            if by_name.insert(name.clone(), place).is_some() {
                return Err(UsersError::Twice { name: name.clone() });
            }
            if by_token.insert(token.key(), place).is_some() {
                return Err(UsersError::SameToken { name: name.clone() });
            }
        }
        Ok(Self { all, by_name, by_token, are_public: false })
    }

    /// Nobody: every request is refused. For a ledger that is only called from the program that holds it.
    pub fn nobody() -> Self {
        let (by_name, by_token) = (HashMap::new(), HashMap::new());
        Self { all: Vec::new(), by_name, by_token, are_public: false }
    }

    /// GoLedger's two, whose tokens everybody knows, and who may deposit and withdraw at will as they may there; and an
    /// operator with the token `operator`, so that all can be tried.
    pub fn demo() -> Self {
        let user = |name: &str, role, token, coins| User {
            name: name.to_owned(),
            role,
            token: TokenHash::of(token),
            coins,
        };
        let all = vec![
            user("aaron", Role::User, "1", 1_000),
            user("bryan", Role::User, "2", 1_000),
            user("auditor", Role::Auditor, "auditor", 0),
            user("operator", Role::Operator, "operator", 0),
        ];
        let users = Self::new(all).expect("they are sound");
        Self { are_public: true, ..users }
    }

    /// Whether everybody knows their tokens.
    pub fn are_public(&self) -> bool {
        self.are_public
    }

    /// All of them.
    pub fn all(&self) -> &[User] {
        &self.all
    }

    /// The user of this name, if this is the token. Who does not exist takes as long as who has another token.
    pub fn named(&self, name: &str, token: &str) -> Option<&User> {
        let user = self.by_name.get(name).map(|place| &self.all[*place]);
        let hash = TokenHash::of(token);
        let same = user.map_or(TokenHash::of(""), |user| user.token) == hash;
        user.filter(|_| same)
    }

    /// The user whose token this is. What is looked up is a hash, so time tells nothing about the token.
    pub fn holding(&self, token: &str) -> Option<&User> {
        let hash = TokenHash::of(token);
        let user = self.by_token.get(&hash.key()).map(|place| &self.all[*place]);
        user.filter(|user| user.token == hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, token: &str, coins: i64) -> User {
        User { name: name.to_owned(), role: Role::User, token: TokenHash::of(token), coins }
    }

    #[test]
    fn only_the_right_token_of_the_right_user_is_accepted() {
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
    fn users_that_cannot_be_are_refused() {
        let two = |one: User, other: User| Users::new(vec![one, other]).map(|_| ());
        let twice = UsersError::Twice { name: "a".to_owned() };
        assert_eq!(two(user("a", "1", 0), user("a", "2", 0)), Err(twice));
        let same = UsersError::SameToken { name: "b".to_owned() };
        assert_eq!(two(user("a", "1", 0), user("b", "1", 0)), Err(same));
        let coins = UsersError::Coins { name: "b".to_owned(), coins: -1 };
        assert_eq!(two(user("a", "1", 0), user("b", "2", -1)), Err(coins));
        assert!(matches!(
            two(user("a", "1", 0), user("@world", "2", 0)),
            Err(UsersError::Name { place: 2, .. })
        ));
        assert_eq!(Users::new(Vec::new()).map(|_| ()), Err(UsersError::Nobody));
        let many = (0..=USERS_MAX).map(|number| user(&number.to_string(), &number.to_string(), 0));
        let error = Users::new(many.collect()).map(|_| ());
        assert_eq!(error, Err(UsersError::TooMany { users: USERS_MAX + 1 }));
    }

    #[test]
    fn a_token_is_random_and_never_shown_and_its_hash_is_read_back() {
        let (one, other) =
            (Token::random().expect("randomness"), Token::random().expect("randomness"));
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!((one.reveal().len(), format!("{one:?}")), (64, "Token(…)".to_owned()));
        let kept = one.hash().to_string();
        assert_eq!(kept.parse::<TokenHash>().expect("it is a hash"), one.hash());
        assert_ne!(kept, one.reveal());
        assert_ne!(one.hash(), other.hash());
    }
}
