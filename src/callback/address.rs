//! The URL the server posts callbacks to.

use std::net::SocketAddr;

use url::Url;

use crate::listener::Token;
use crate::text::{Text, text};

/// Longest `notify_url` in bytes. The hosted gateway stores about 100: 87 worked, 112 failed.
const MAX_URL_BYTES: usize = 90;

/// The `notify_url`: `given`, or the bound address, with the token appended.
///
/// # Errors
/// When it is longer than [`MAX_URL_BYTES`], or no server could reach the bound address.
pub fn notify_url(given: Option<&Url>, bound: SocketAddr, token: &Token) -> Result<String, Text> {
    let url = match given {
        Some(url) => format!("{}/{}", url.as_str().trim_end_matches('/'), token.reveal()),
        None if bound.ip().is_unspecified() => {
            return Err(text!(
                "{address} listens on all interfaces, so the callback URL must be given with --notify-url URL",
                address = bound.ip()
            ));
        }
        None => format!("http://{bound}/webhook/{}", token.reveal()),
    };
    if url.len() < MAX_URL_BYTES {
        Ok(url)
    } else {
        Err(text!(
            "the callback URL would have {count} bytes with its token; it must be shorter than {limit}: use a shorter --notify-url",
            count = url.len(),
            limit = MAX_URL_BYTES
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::address::parse_public_url;

    #[test]
    fn own_urls_fit_length_limit() {
        let token = Token::random().unwrap();
        for bound in [
            "127.0.0.1:5000",
            "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        ] {
            let url = notify_url(None, bound.parse().unwrap(), &token).unwrap();
            assert!(
                url.len() < MAX_URL_BYTES && url.ends_with(token.reveal()),
                "{url}"
            );
        }
    }

    #[test]
    fn appends_token_to_given_urls_and_checks_length() {
        let token = Token::random().unwrap();
        let bound = "0.0.0.0:5000".parse().unwrap();
        assert!(
            notify_url(None, bound, &token)
                .unwrap_err()
                .contains("--notify-url")
        );
        let short = parse_public_url("https://hook.example/q/").unwrap();
        let url = notify_url(Some(&short), bound, &token).unwrap();
        assert_eq!(url, format!("https://hook.example/q/{}", token.reveal()));
        let long = parse_public_url(&format!("https://hook.example/{}", "x".repeat(50))).unwrap();
        assert!(
            notify_url(Some(&long), bound, &token)
                .unwrap_err()
                .contains("shorter")
        );
    }
}
