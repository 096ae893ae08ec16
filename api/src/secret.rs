//! The secret from which the keys of what is encrypted are made: `MUNICIPIO_SECRET`; or beside SQLite a file in
//! the data folder, which the first start makes and its owner alone can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use municipio_domain::identity::{Vault, random_secret};

use crate::{app::StartError, settings::Settings};

const FILE: &str = "municipio.secret";

/// What secrets are encrypted with that must be read again.
pub(crate) fn vault(settings: &Settings) -> Result<Vault, StartError> {
    Ok(match secret(settings)? {
        Some(secret) => Vault::new(&secret)?,
        None => Vault::without_key(),
    })
}

/// The secret. Nodes that share a PostgreSQL database must share it too, so that none makes one of its own.
pub(crate) fn secret(settings: &Settings) -> Result<Option<String>, StartError> {
    match (&settings.secret, &settings.database_url) {
        (Some(secret), _) => Ok(Some(secret.trim().to_owned())),
        (None, Some(_)) => Ok(None),
        (None, None) => match read_or_make(&settings.data_dir) {
            Ok(secret) => Ok(Some(secret)),
            Err(error) => Err(StartError::DataDir {
                folder: settings.data_dir.display().to_string(),
                error,
            }),
        },
    }
}

fn read_or_make(folder: &Path) -> io::Result<String> {
    fs::create_dir_all(folder)?;
    let file = folder.join(FILE);
    match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Ok(secret) if secret.trim().is_empty() => {
            let message = format!(
                "{FILE} is empty: restore it from the backup; without it nothing of citizens can be read again"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        found => return Ok(found?.trim().to_owned()),
    }
    let secret = random_secret().map_err(io::Error::other)?;
    // Whole or not at all, whoever else starts or is killed.
    let mut new = tempfile_in(folder)?;
    new.0.write_all(secret.as_bytes())?;
    new.0.sync_all()?;
    match fs::hard_link(&new.1, &file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            let _ = fs::remove_file(&new.1);
            return Err(error);
        }
        _ => fs::remove_file(&new.1)?,
    }
    Ok(fs::read_to_string(&file)?.trim().to_owned())
}

/// A new file that its owner alone can read.
fn tempfile_in(folder: &Path) -> io::Result<(fs::File, PathBuf)> {
    let path = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    Ok((options.open(&path)?, path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_read_by_its_owner_alone() {
        let folder = std::env::temp_dir().join(format!("municipio-secret-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let secret = read_or_make(&folder).unwrap();
        assert_eq!(secret.len(), 64);
        assert_eq!(read_or_make(&folder).unwrap(), secret);
        let mode = fs::metadata(folder.join(FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::write(folder.join(FILE), "\n").unwrap();
        assert!(read_or_make(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
