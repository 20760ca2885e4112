//! Certificate verification of servers.

use std::path::Path;
use std::sync::Arc;

use super::client::ConnectionSettings;
use crate::text::{Text, text};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme,
};
use rustls_platform_verifier::Verifier;

/// A TLS configuration that trusts the certificates in `cacert` and those of the system.
///
/// # Errors
/// When the file or the system's store cannot be read.
pub(super) fn with_extra(
    cacert: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, Text> {
    let certificates = read(cacert)?;
    let system =
        Verifier::new_with_extra_roots(certificates.clone(), provider.clone()).map_err(|e| {
            text!(
                "the system's certificates cannot be loaded: {error}",
                error = e
            )
        })?;
    let verifier = SystemOrFileVerifier {
        system,
        named: certificates,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Text::verbatim(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// The TLS configuration of a connection that the HTTP library does not make.
///
/// # Errors
/// As [`tls_config`].
pub(super) fn client_config(connection: &ConnectionSettings) -> Result<ClientConfig, Text> {
    tls_config(connection.cacert.as_deref(), connection.insecure)
}

/// A TLS configuration that trusts the certificates in `cacert` and those of the system, or any.
///
/// # Errors
/// When the file or the system's store cannot be read.
pub fn tls_config(cacert: Option<&Path>, accepts_any: bool) -> Result<ClientConfig, Text> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    if let (Some(cacert), false) = (cacert, accepts_any) {
        return with_extra(cacert, provider);
    }
    let verifier: Arc<dyn ServerCertVerifier> = match accepts_any {
        true => Arc::new(AnyVerifier(provider.clone())),
        false => Arc::new(Verifier::new(provider.clone()).map_err(|e| {
            text!(
                "the system's certificates cannot be loaded: {error}",
                error = e
            )
        })?),
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Text::verbatim(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Accepts every certificate, for `--insecure` and `sslmode=require`.
#[derive(Debug)]
struct AnyVerifier(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyVerifier {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, Text> {
    let pem = std::fs::read(path).map_err(|e| {
        text!(
            "cannot read the certificate file {path}: {error}",
            path = path.display(),
            error = e
        )
    })?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| text!("no PEM certificate in {path}", path = path.display()))
}

/// The system's verifier, which in addition accepts a server certificate the user named.
/// `openssl req -x509` makes certificates that are their own authority; strict verification refuses
/// them for servers, while other tools accept them with `--cacert`.
#[derive(Debug)]
struct SystemOrFileVerifier {
    system: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for SystemOrFileVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.system.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verdict {
            Err(error) if is_own_authority(&error) && self.named.contains(end_entity) => {
                // It must still be valid for this server name.
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// rustls has no variant for webpki's `CaUsedAsEndEntity`.
fn is_own_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) => {
            format!("{cause:?}").contains("CaUsedAsEndEntity")
        }
        _ => false,
    }
}
