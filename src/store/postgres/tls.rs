//! The encryption of the connection.

use tokio_postgres::config::{ChannelBinding, SslMode as WireMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::api::tls_config;
use crate::error::Error;
use crate::state_url::{SslMode, StateUrl};

/// The mode for the database library, which cannot verify by itself.
pub(super) fn wire_mode(url: &StateUrl) -> WireMode {
    match url.ssl_mode {
        SslMode::Disable => WireMode::Disable,
        SslMode::Prefer => WireMode::Prefer,
        SslMode::Require | SslMode::VerifyFull => WireMode::Require,
    }
}

/// The library's name for [`StateUrl::requires_channel_binding`].
pub(super) fn channel_binding(url: &StateUrl) -> ChannelBinding {
    match url.requires_channel_binding {
        true => ChannelBinding::Require,
        false => ChannelBinding::Prefer,
    }
}

/// The encryption; `None` when the connection is never encrypted.
///
/// # Errors
/// A configuration error when certificates cannot be read.
pub(super) fn connector(url: &StateUrl) -> Result<Option<MakeRustlsConnect>, Error> {
    if url.ssl_mode == SslMode::Disable || url.is_unix_socket() {
        return Ok(None);
    }
    let accepts_any = url.ssl_mode != SslMode::VerifyFull;
    let config = tls_config(url.root_certificate.as_deref(), accepts_any).map_err(Error::config)?;
    Ok(Some(MakeRustlsConnect::new(config)))
}
