//! What an engine can do beyond the operations that every engine has.

use std::fmt;

/// Something that not every engine can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Accounts have versions, and a transfer can require one.
    Versions,
    /// Rejected attempts are in the trail, and the trail can be read.
    Trail,
    /// All accounts can be read at one timestamp, and balances at a past one.
    Snapshots,
    /// The trail is hashed, and can be replayed and compared with the ledger.
    Verification,
    /// The outcome of a transfer can be computed without creating it.
    DryRuns,
}

impl Capability {
    /// All capabilities.
    pub const ALL: [Self; 5] =
        [Self::Versions, Self::Trail, Self::Snapshots, Self::Verification, Self::DryRuns];

    /// The name in errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Versions => "account versions",
            Self::Trail => "an audit trail of attempts",
            Self::Snapshots => "balances at one timestamp",
            Self::Verification => "verification by replay",
            Self::DryRuns => "dry runs",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What an engine can do: a set of [`Capability`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u8);

impl Capabilities {
    /// No capability.
    pub const fn none() -> Self {
        Self(0)
    }

    /// Every capability.
    pub const fn all() -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < Capability::ALL.len() {
            bits |= Capability::ALL[index].bit();
            index += 1;
        }
        Self(bits)
    }

    /// Whether the capability is there.
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }
}
