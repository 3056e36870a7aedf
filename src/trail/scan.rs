//! Reading many items, with a check now and then whether to go on.

use crate::sync::{Interrupted, WaitPolicy};

/// The number of items between two checks.
pub(crate) const CHECK_ITEMS: usize = 4_096;

/// Returns the first `limit` results of `find`. Stores nothing else, and reads no further than the last of them.
///
/// # Errors
/// The reason why `policy` ended the scan.
pub(crate) fn collect_matches<T, R>(
    items: impl Iterator<Item = T>,
    limit: usize,
    policy: &impl WaitPolicy,
    mut find: impl FnMut(T) -> Option<R>,
) -> Result<Vec<R>, Interrupted> {
    let mut found = Vec::new();
    if limit == 0 {
        return Ok(found);
    }
    for (number, item) in items.enumerate() {
        if number % CHECK_ITEMS == 0 {
            policy.check()?;
        }
        found.extend(find(item));
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}
