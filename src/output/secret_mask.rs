//! Masks secrets in all output: a server may repeat in an error what it was sent, such as the callback
//! URL or a header.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::REDACTED;

/// Shorter secrets are not masked: they occur in other words, and masking would reveal them.
const SHORTEST: usize = 6;

/// The secrets of this run. Clones share them.
#[derive(Clone, Default)]
pub(super) struct SecretMask(Arc<Mutex<Vec<String>>>);

impl SecretMask {
    /// Adds a secret.
    pub(super) fn hide(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.push(secret.to_owned());
        // The form in serialised JSON.
        let json = serde_json::Value::from(secret).to_string();
        let json = json.trim_matches('"');
        if json != secret {
            secrets.push(json.to_owned());
        }
        // Longest first: one may contain another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// `text` with every secret masked.
    pub(super) fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut masked = Cow::Borrowed(text);
        for secret in secrets.iter() {
            if masked.contains(secret.as_str()) {
                masked = Cow::Owned(masked.replace(secret.as_str(), REDACTED));
            }
        }
        masked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_every_occurrence() {
        let mask = SecretMask::default();
        for secret in ["hunter2", "hunter2-and-more", "quo\"ted", "short"] {
            mask.hide(secret);
        }
        let cases = [
            ("x hunter2 y hunter2", "x [redacted] y [redacted]"),
            ("hunter2-and-more", "[redacted]"),
            (r#"{"a":"quo\"ted"}"#, r#"{"a":"[redacted]"}"#),
            ("a short word", "a short word"),
        ];
        for (text, shown) in cases {
            assert_eq!(mask.mask(text), shown);
        }
    }
}
