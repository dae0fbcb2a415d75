//! Keys of the data plane, one a purpose, made on first use and kept in the state folder.

use std::io;

use zeroize::Zeroizing;

use crate::open::Store;
use crate::secret_file;

/// What a key is for. One key never serves two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Binds sealed reasoning to the destination and tenant that it was issued for.
    Seals,
    /// Keys pseudonyms.
    Pseudonyms,
}

impl Store {
    /// The 256-bit key for `purpose`; made when there is none yet.
    ///
    /// # Errors
    /// The file cannot be read or written, others may read it, or it does not hold 32 bytes.
    pub fn purpose_key(&self, purpose: Purpose) -> io::Result<Zeroizing<[u8; 32]>> {
        let path = self.dir().join(match purpose {
            Purpose::Seals => "seals.key",
            Purpose::Pseudonyms => "pseudonyms.key",
        });
        let damaged =
            |_| io::Error::new(io::ErrorKind::InvalidData, format!("`{}` does not hold 32 bytes", path.display()));
        if let Some(bytes) = secret_file::read(&path)? {
            return <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(damaged);
        }
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(io::Error::other)?;
        secret_file::create(&path, key.as_slice())?;
        Ok(key)
    }
}
