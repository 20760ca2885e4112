//! The secret in the callback URL. Callbacks carry no signature, so the URL must not be guessable.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::secret::Secret;
use crate::text::{Text, text};

/// 128 random bits.
#[derive(Clone, Debug)]
pub struct Token(Secret);

impl Token {
    /// Creates a token.
    ///
    /// # Errors
    /// When the system provides no random bytes.
    pub fn random() -> Result<Self, Text> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)
            .map_err(|e| text!("no randomness for the token: {error}", error = e))?;
        Ok(Self(Secret::new(URL_SAFE_NO_PAD.encode(bits))))
    }

    /// The 22 characters used in the URL.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// Compares in constant time.
    pub fn is(&self, guess: &str) -> bool {
        self.reveal().as_bytes().ct_eq(guess.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_unique_and_compare_equal_to_themselves() {
        let [one, other] = [(); 2].map(|()| Token::random().unwrap());
        assert_eq!(one.reveal().len(), 22);
        assert!(one.is(one.reveal()));
        assert!(!one.is(other.reveal()));
        for guess in ["", "x", &one.reveal()[..21], &format!("{}x", one.reveal())] {
            assert!(!one.is(guess), "{guess}");
        }
        assert_eq!(format!("{one:?}"), "Token([redacted])");
    }
}
