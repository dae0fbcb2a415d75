//! Sealed reasoning: signatures and encrypted reasoning that a destination issued go back only to that destination, for
//! that tenant. What the caller holds is wrapped with a keyed tag, so that no store is needed and a restart changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Wraps and opens sealed reasoning.
pub struct Seals {
    key: Zeroizing<[u8; 32]>,
}

/// Why a sealed piece may not be sent to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It was not issued through this door for this tenant, or it was altered.
    Unknown,
    /// Another destination issued it.
    OtherDestination,
}

impl Seals {
    /// Seals under `key`.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(key) }
    }

    /// What the caller gets for `original`, which `destination` issued to `tenant`:
    /// `pcs1.BASE64URL(destination).BASE64URL(tag).original`.
    pub fn wrap(&self, tenant: &str, destination: &str, original: &str) -> String {
        let tag = self.mac(tenant, destination, original).finalize().into_bytes();
        let (destination, tag) = (BASE64.encode(destination), BASE64.encode(tag));
        format!("{PREFIX}{destination}.{tag}.{original}")
    }

    /// The original of `wrapped`, byte for byte, when `destination` issued it to `tenant`.
    ///
    /// # Errors
    /// [`Foreign`] otherwise.
    pub fn open<'a>(&self, tenant: &str, destination: &str, wrapped: &'a str) -> Result<&'a str, Foreign> {
        let (issuer, original) = self.issuer(tenant, wrapped)?;
        if issuer == destination { Ok(original) } else { Err(Foreign::OtherDestination) }
    }

    /// The destination that issued `wrapped` to `tenant`, and the original.
    ///
    /// # Errors
    /// [`Foreign::Unknown`] when none did, or it was altered.
    pub fn issuer<'a>(&self, tenant: &str, wrapped: &'a str) -> Result<(String, &'a str), Foreign> {
        let mut parts = wrapped.strip_prefix(PREFIX).ok_or(Foreign::Unknown)?.splitn(3, '.');
        let (Some(issuer), Some(tag), Some(original)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Foreign::Unknown);
        };
        let issuer = BASE64.decode(issuer).map_err(|_| Foreign::Unknown)?;
        let issuer = std::str::from_utf8(&issuer).map_err(|_| Foreign::Unknown)?;
        let tag = BASE64.decode(tag).map_err(|_| Foreign::Unknown)?;
        self.mac(tenant, issuer, original).verify_slice(&tag).map_err(|_| Foreign::Unknown)?;
        Ok((issuer.to_owned(), original))
    }

    fn mac(&self, tenant: &str, destination: &str, original: &str) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("HMAC takes any key");
        for part in [tenant, destination, original] {
            // Lengths keep two different triples from giving the same bytes.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

const PREFIX: &str = "pcs1.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_reasoning_returns_byte_for_byte_and_only_to_its_issuer_and_tenant() {
        let seals = Seals::new([7; 32]);
        let original = "EqQB.=+/\u{fc} with.dots";
        let wrapped = seals.wrap("clinic", "claude-eu", original);
        assert_eq!(seals.open("clinic", "claude-eu", &wrapped), Ok(original));
        assert_eq!(seals.open("clinic", "claude-us", &wrapped), Err(Foreign::OtherDestination));
        assert_eq!(seals.open("other", "claude-eu", &wrapped), Err(Foreign::Unknown));
        assert_eq!(seals.open("clinic", "claude-eu", original), Err(Foreign::Unknown));
        assert_eq!(seals.open("clinic", "claude-eu", &format!("{wrapped}x")), Err(Foreign::Unknown));
        assert_eq!(Seals::new([8; 32]).open("clinic", "claude-eu", &wrapped), Err(Foreign::Unknown));
    }
}
