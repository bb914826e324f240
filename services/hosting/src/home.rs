//! The data directory of `hotline up`: keys, and the data of the private servers.

use std::path::{Path, PathBuf};

use personal::sealing::Kek;
use platform::auth::generate_key_pair;
use rpc::service::StartError;

/// Key files in a directory. Missing ones are created, readable by their owner only.
#[derive(Clone, Debug)]
pub struct Home {
    /// The directory.
    pub directory: PathBuf,
}

impl Home {
    /// Opens the directory; creates it and its keys when they are missing.
    ///
    /// # Errors
    /// The folder or file that cannot be used.
    pub fn open(directory: &Path) -> Result<Self, StartError> {
        let failed = |error: std::io::Error| {
            StartError(format!(
                "cannot use {}: {error}; name another folder with --data",
                directory.display()
            ))
        };
        std::fs::create_dir_all(directory.join("keys")).map_err(failed)?;
        let home = Self {
            directory: directory.canonicalize().map_err(failed)?,
        };
        if !home.private_key().exists() {
            let (private, public) = generate_key_pair();
            write_secret(&home.public_key(), &public).map_err(failed)?;
            write_secret(&home.private_key(), &private).map_err(failed)?;
        }
        if !home.sealing_key().exists() {
            write_secret(&home.sealing_key(), &Kek::generate().to_base64()).map_err(failed)?;
        }
        Ok(home)
    }

    /// File of the key that signs tokens.
    #[must_use]
    pub fn private_key(&self) -> PathBuf {
        self.directory.join("keys/token.private.pem")
    }

    /// File of the key that verifies tokens.
    #[must_use]
    pub fn public_key(&self) -> PathBuf {
        self.directory.join("keys/token.public.pem")
    }

    /// File of the key that wraps data keys.
    #[must_use]
    pub fn sealing_key(&self) -> PathBuf {
        self.directory.join("keys/sealing.key")
    }

    /// Its default place: `/var/lib/hotline` for root, `~/.local/share/hotline` for others.
    #[must_use]
    pub fn default_directory() -> PathBuf {
        match home_directory() {
            Some(home) if home != Path::new("/root") => home.join(".local/share/hotline"),
            _ => PathBuf::from("/var/lib/hotline"),
        }
    }
}

fn home_directory() -> Option<PathBuf> {
    std::env::home_dir().filter(|path| !path.as_os_str().is_empty())
}

/// Writes the file under another name and renames it, so that a crash leaves no partial key.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let making = path.with_extension("making");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&making)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(making, path)
}
