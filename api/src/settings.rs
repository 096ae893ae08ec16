//! The configuration: a TOML file, overridden by environment variables. Everything has a default
//! that works on one machine with nothing else installed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use municipio_domain::{
    identity::SHORTEST_SECRET,
    media::{ImageLimits, MediaLimits, Scanner},
    store::DatabaseOptions,
};
use municipio_graphql::limits::Limits;
use municipio_integrations::mail;
use serde::{Deserialize, Deserializer, Serialize, de};
use url::Url;

/// The settings, each with the environment variable that sets it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `MUNICIPIO_LISTEN`: address and port to listen on.
    pub listen: SocketAddr,
    /// `MUNICIPIO_DATA_DIR`: folder of the SQLite database and of files.
    #[serde(deserialize_with = "path")]
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: `postgres://…` for PostgreSQL; SQLite in the data folder when left out.
    pub database_url: Option<String>,
    /// `MUNICIPIO_DATABASE_CONNECTIONS`: connections to the database, 1 to 1,000.
    pub database_connections: u32,
    /// `MUNICIPIO_SECRET`: 32 characters or more, the same on all nodes; secrets of accounts, identity providers and
    /// webhooks and what is known of citizens are encrypted with it, and addresses of private files signed. Beside SQLite
    /// a file in the data folder when left out.
    #[serde(deserialize_with = "some_text")]
    pub secret: Option<String>,
    /// `MEILI_URL`: address of a Meilisearch; the embedded engine stands in for it when it does not answer, and
    /// answers alone when this is left out.
    pub meili_url: Option<Url>,
    /// `MEILI_API_KEY`: the key with which Municipio calls it (docs/search.md says what it must be allowed).
    #[serde(default, deserialize_with = "some_text", skip_serializing)]
    pub meili_api_key: Option<String>,
    /// `MUNICIPIO_METRICS_TOKEN`: the token with which `/metrics` is read; there is none when left out.
    #[serde(deserialize_with = "some_text")]
    pub metrics_token: Option<String>,
    /// `MUNICIPIO_APPIO_URL`: where App IO is; another address for its double (`municipio appio fake`).
    pub appio_url: Url,
    /// `MUNICIPIO_LOLLIPOP_URL`: where the assertions are that prove who reads a message in App IO.
    pub lollipop_url: Url,
    /// `MUNICIPIO_APPIO_LIMITER`: `off` calls App IO as often as it can, for a double that does not count.
    #[serde(with = "switch")]
    pub appio_limiter: bool,
    /// `MUNICIPIO_SMTP_URL`: the server by which mails are sent to who is not reached on App IO, such as
    /// `smtps://user:password@host`; none are sent when left out.
    #[serde(deserialize_with = "some_text")]
    pub smtp_url: Option<String>,
    /// `MUNICIPIO_SEARCH_INDEX`: name of the index there; letters, digits, `_` and `-`.
    pub search_index: String,
    /// `MUNICIPIO_DEMO`: `on` loads the demo municipality into an empty database.
    #[serde(with = "switch")]
    pub demo: bool,
    /// `MUNICIPIO_CACHE`: `off` reads every body from the database, to look for errors.
    #[serde(with = "switch")]
    pub cache: bool,
    /// `MUNICIPIO_WORKERS`: threads that answer requests; one for each core when 0.
    pub workers: usize,
    /// `MUNICIPIO_PROXIES`: how many proxies stand between the clients and this program; what the last
    /// of them say of the client in X-Forwarded-For is believed.
    pub proxies: usize,
    /// `MUNICIPIO_INTERNAL_CALLS`: `on` lets calls to other servers, such as identity providers, reach private
    /// addresses, and those of this machine without TLS.
    #[serde(with = "switch")]
    pub internal_calls: bool,
    /// `MUNICIPIO_PUBLIC_URL`: the address at which clients reach this program, with which the addresses of files
    /// begin; as each request says when left out.
    pub public_url: Option<String>,
    /// `MUNICIPIO_MEDIA_BUCKET`: the bucket of a store that speaks S3, where files are kept; `AWS_…` say where it is.
    /// The folder `media` in the data folder when left out.
    pub media_bucket: Option<String>,
    /// `MUNICIPIO_CLAMD`: where the virus scanner clamd listens, `host:port` or `unix:` and a path; files are not
    /// scanned when left out.
    pub clamd: Option<String>,
    /// The program by which documents are read: this one when left out. It is not configured.
    #[serde(skip)]
    pub program: Option<PathBuf>,
    /// `MUNICIPIO_INTROSPECTION`: `off` refuses introspection of the GraphQL schema.
    #[serde(with = "switch")]
    pub introspection: bool,
    /// `MUNICIPIO_TRUSTED_DOCUMENTS`: manifest of trusted documents, in the form of Relay or Apollo.
    pub trusted_documents: Option<PathBuf>,
    /// `MUNICIPIO_TRUSTED_DOCUMENTS_ONLY`: `on` answers no documents but those of the manifest.
    #[serde(with = "switch")]
    pub trusted_documents_only: bool,
    /// `MUNICIPIO_LIMIT_BODY`: bytes of a request.
    pub limit_body: usize,
    /// `MUNICIPIO_LIMIT_WRITE_BODY`: bytes of a request of somebody who signed in: long pages in several
    /// languages are written at once.
    pub limit_write_body: usize,
    /// `MUNICIPIO_LIMIT_BODY_SECONDS`: time in which a client must send a request.
    pub limit_body_seconds: u64,
    /// `MUNICIPIO_LIMIT_BATCH`: requests in one batch; 0 refuses batches.
    pub limit_batch: usize,
    /// `MUNICIPIO_LIMIT_DOCUMENT`: bytes of a GraphQL document.
    pub limit_document: usize,
    /// `MUNICIPIO_LIMIT_TOKENS`: tokens of a GraphQL document.
    pub limit_tokens: usize,
    /// `MUNICIPIO_LIMIT_DEPTH`: levels of nested fields; introspection apart. Fields and fragments together
    /// nest 32 levels at the most.
    pub limit_depth: usize,
    /// `MUNICIPIO_LIMIT_FIELDS`: fields of a document, fragments expanded.
    pub limit_fields: u64,
    /// `MUNICIPIO_LIMIT_ALIASES`: aliases of a document, fragments expanded.
    pub limit_aliases: u64,
    /// `MUNICIPIO_LIMIT_ROOT_FIELDS`: fields at the root of an operation.
    pub limit_root_fields: u64,
    /// `MUNICIPIO_LIMIT_DIRECTIVES`: directives of a document, fragments expanded.
    pub limit_directives: u64,
    /// `MUNICIPIO_LIMIT_VALUES`: values in arguments and variables; a variable counts wherever it is used.
    pub limit_values: u64,
    /// `MUNICIPIO_LIMIT_WRITE_VALUES`: the same for somebody who signed in.
    pub limit_write_values: u64,
    /// `MUNICIPIO_LIMIT_FILTER`: values in one filter.
    pub limit_filter: u64,
    /// `MUNICIPIO_LIMIT_COST`: fields times the lengths of the lists around them; statements, filters and
    /// what is much work count more.
    pub limit_cost: u64,
    /// `MUNICIPIO_LIMIT_ERRORS`: errors in one answer.
    pub limit_errors: usize,
    /// `MUNICIPIO_LIMIT_SECONDS`: time of a query; what takes longer is stopped.
    pub limit_seconds: u64,
    /// `MUNICIPIO_LIMIT_STREAMS`: WebSockets and event streams that are open at a time.
    pub limit_streams: usize,
    /// `MUNICIPIO_LIMIT_REPORTS`: requests of an account or a key to REST for back offices in a minute, however many
    /// cases each reports; 0 for no limit. Each node counts by itself.
    pub limit_reports: u32,
    /// `MUNICIPIO_LIMIT_LOOK_UPS`: how often in a minute it is asked from one address how cases stand, with their codes, and
    /// how often of one number of the protocol; 0 for no limit. Each node counts by itself.
    pub limit_look_ups: u32,
    /// `MUNICIPIO_LIMIT_FILE`: bytes of a file that is uploaded.
    pub limit_file: u64,
    /// `MUNICIPIO_LIMIT_PIXELS`: pixels of a picture that is uploaded. Working on one takes up to eight bytes for each; on a
    /// JPEG of several scans eleven.
    pub limit_pixels: u64,
    /// `MUNICIPIO_LIMIT_UPLOADS`: files that arrive at a time.
    pub limit_uploads: usize,
    /// `MUNICIPIO_LIMIT_PICTURES`: pictures that are worked on at a time, and documents that are read; half of the
    /// cores, at most four, when it is not set.
    pub limit_pictures: usize,
    /// `MUNICIPIO_LIMIT_OPERATIONS`: operations under way on one WebSocket.
    pub limit_operations: usize,
    /// `MUNICIPIO_LOG`: what is logged, such as `info` or `municipio=debug,info`.
    #[serde(deserialize_with = "text")]
    pub log: String,
    /// `MUNICIPIO_LOG_FORMAT`: `text` for people, `json` for machines.
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        let (limits, media) = (Limits::default(), MediaLimits::default());
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from("data"),
            database_url: None,
            database_connections: 24,
            secret: None,
            meili_url: None,
            meili_api_key: None,
            metrics_token: None,
            appio_url: municipio_integrations::appio::address(),
            lollipop_url: municipio_integrations::appio::assertions_address(),
            appio_limiter: true,
            smtp_url: None,
            search_index: "municipio".to_owned(),
            demo: true,
            cache: true,
            workers: 0,
            proxies: 0,
            internal_calls: false,
            public_url: None,
            media_bucket: None,
            clamd: None,
            program: None,
            introspection: true,
            trusted_documents: None,
            trusted_documents_only: false,
            limit_body: 256 * 1024,
            limit_write_body: 2 * 1024 * 1024,
            limit_body_seconds: 10,
            limit_batch: 0,
            limit_document: limits.document,
            limit_tokens: limits.tokens,
            limit_depth: limits.depth,
            limit_fields: limits.fields,
            limit_aliases: limits.aliases,
            limit_root_fields: limits.root_fields,
            limit_directives: limits.directives,
            limit_values: limits.values,
            limit_write_values: 5 * limits.values,
            limit_filter: limits.filter,
            limit_cost: limits.cost,
            limit_errors: 20,
            limit_seconds: 10,
            limit_streams: 10_000,
            limit_reports: 600,
            limit_look_ups: 10,
            limit_file: media.file,
            limit_pixels: media.image.pixels,
            limit_uploads: media.uploads,
            limit_pictures: media.places,
            limit_operations: 50,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {key}: {message}")]
pub struct SettingsError {
    key: String,
    message: String,
}

impl SettingsError {
    fn new(key: &str, message: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            message: message.into(),
        }
    }
}

impl Settings {
    /// The limits of GraphQL documents.
    pub fn limits(&self) -> Limits {
        Limits {
            document: self.limit_document,
            tokens: self.limit_tokens,
            depth: self.limit_depth,
            fields: self.limit_fields,
            aliases: self.limit_aliases,
            root_fields: self.limit_root_fields,
            directives: self.limit_directives,
            values: self.limit_values,
            filter: self.limit_filter,
            cost: self.limit_cost,
        }
    }

    /// The same for who signed in, and may write.
    pub fn write_limits(&self) -> Limits {
        Limits {
            values: self.limit_write_values.max(self.limit_values),
            ..self.limits()
        }
    }

    /// The limits of files.
    pub fn media_limits(&self) -> MediaLimits {
        MediaLimits {
            file: self.limit_file,
            image: ImageLimits {
                pixels: self.limit_pixels,
                ..ImageLimits::default()
            },
            uploads: self.limit_uploads,
            places: self.limit_pictures.max(1),
        }
    }

    /// How many bytes a request may have.
    pub fn most_of_a_body(&self, signed_in: bool) -> usize {
        match signed_in {
            true => self.limit_write_body.max(self.limit_body),
            false => self.limit_body,
        }
    }

    /// How the database is used by who answers requests.
    pub fn database_options(&self) -> DatabaseOptions {
        DatabaseOptions {
            connections: self.database_connections,
            read_timeout: Some(self.timeout()),
            has_search_server: self.meili_url.is_some(),
        }
    }

    /// What sends mails, if there is a server.
    pub fn mailer(&self) -> Option<mail::Client> {
        let server = self.smtp_url.as_deref()?.parse().ok()?;
        Some(mail::Client::new(server))
    }

    /// How long a query may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.limit_seconds)
    }

    /// How long a client may take to send a request.
    pub fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.limit_body_seconds)
    }

    /// Reads the file, then the environment, and checks the values.
    ///
    /// # Errors
    /// A key is unknown, or a value is not what it should be; the error names the key and the fix.
    pub fn load(file: Option<PathBuf>) -> Result<Self, SettingsError> {
        if let Some(file) = file.as_ref().filter(|file| !file.is_file()) {
            let message = format!("there is no file {}", file.display());
            return Err(SettingsError::new("--config", message));
        }
        let file = file.unwrap_or_else(|| PathBuf::from("municipio.toml"));
        let variables = Env::prefixed("MUNICIPIO_").ignore(&["config"]);
        let names = names();
        for (key, _) in variables.iter() {
            if !names.iter().any(|name| *name == key.as_str()) {
                let name = format!("MUNICIPIO_{}", key.as_str().to_uppercase());
                return Err(SettingsError::new(&name, unknown()));
            }
        }
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if file.is_file() {
            figment = figment.merge(Toml::file_exact(&file));
        }
        let settings: Self = figment
            .merge(Env::raw().only(&["DATABASE_URL", "MEILI_URL", "MEILI_API_KEY"]))
            .merge(variables)
            .extract()
            .map_err(|error| explain(&error, &file))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        if !(1..=86_400).contains(&self.limit_seconds) {
            let message = "give a number of seconds from 1 to 86400";
            return Err(SettingsError::new("MUNICIPIO_LIMIT_SECONDS", message));
        }
        if !(1..=1_000).contains(&self.database_connections) {
            let message = "give a number from 1 to 1000";
            return Err(SettingsError::new(
                "MUNICIPIO_DATABASE_CONNECTIONS",
                message,
            ));
        }
        if self.trusted_documents_only && self.trusted_documents.is_none() {
            let message = "name the manifest with MUNICIPIO_TRUSTED_DOCUMENTS";
            let key = "MUNICIPIO_TRUSTED_DOCUMENTS_ONLY";
            return Err(SettingsError::new(key, message));
        }
        if let Some(Err(message)) = self.clamd.as_deref().map(str::parse::<Scanner>) {
            return Err(SettingsError::new("MUNICIPIO_CLAMD", message));
        }
        if let Some(Err(error)) = self.smtp_url.as_deref().map(str::parse::<mail::Server>) {
            return Err(SettingsError::new("MUNICIPIO_SMTP_URL", error.to_string()));
        }
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !self.public_url.as_ref().is_none_or(is_web) {
            let message = "write an address with https://";
            return Err(SettingsError::new("MUNICIPIO_PUBLIC_URL", message));
        }
        let is_short = |secret: &String| secret.trim().len() < SHORTEST_SECRET;
        if self.secret.as_ref().is_some_and(is_short) {
            let message = format!(
                "give {SHORTEST_SECRET} random characters or more, such as openssl rand -hex 32 prints"
            );
            return Err(SettingsError::new("MUNICIPIO_SECRET", message));
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if self.search_index.is_empty() || !self.search_index.bytes().all(is_name) {
            let message = "give a name of letters, digits, _ and -";
            return Err(SettingsError::new("MUNICIPIO_SEARCH_INDEX", message));
        }
        let known = ["postgres://", "postgresql://"];
        match &self.database_url {
            Some(url) if !known.iter().any(|scheme| url.starts_with(scheme)) => {
                let message =
                    "give postgres://user:password@host/database, or leave it out for SQLite";
                Err(SettingsError::new("DATABASE_URL", message))
            }
            _ => Ok(()),
        }
    }
}

fn unknown() -> String {
    format!("there is no such setting; there are {}", names().join(", "))
}

/// The names of all settings.
fn names() -> Vec<String> {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let names = defaults.as_object().into_iter().flatten();
    names.map(|(name, _)| name.clone()).collect()
}

/// Names the variable, or the file and the key, and says what would be right.
fn explain(error: &figment::Error, file: &Path) -> SettingsError {
    use figment::error::Kind;
    let from_environment = error
        .metadata
        .as_ref()
        .is_some_and(|metadata| metadata.name.contains("environment"));
    let key = error.path.join(".");
    let name = match (&error.kind, from_environment) {
        (Kind::UnknownField(field, _), _) => format!("{}: {field}", file.display()),
        (_, true) if ["database_url", "meili_url", "meili_api_key"].contains(&key.as_str()) => {
            key.to_uppercase()
        }
        (_, true) => format!("MUNICIPIO_{}", key.to_uppercase()),
        _ if key.is_empty() => file.display().to_string(),
        _ => format!("{}: {key}", file.display()),
    };
    let fix = match key.as_str() {
        "listen" => "write an address and a port, such as 127.0.0.1:8080",
        "log_format" => "write text or json",
        key if key.starts_with("limit_") || matches!(key, "workers" | "proxies") => {
            "write a whole number"
        }
        "database_connections" => "write a whole number from 1 to 1000",
        _ => "",
    };
    let message = match &error.kind {
        Kind::UnknownField(..) => unknown(),
        kind if fix.is_empty() => kind.to_string(),
        kind => format!("{kind}; {fix}"),
    };
    SettingsError::new(&name, message)
}

/// A path that looks like a number is a path all the same.
fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Ok(PathBuf::from(text(deserializer)?))
}

/// A secret that looks like a number is a text all the same.
fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Text(#[serde(deserialize_with = "text")] String);
    let text = Option::<Text>::deserialize(deserializer)?;
    Ok(text.map(|text| text.0))
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Scalar {
        Text(String),
        Integer(i64),
        Float(f64),
        Bool(bool),
    }
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Text(text) => text,
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::Bool(value) => value.to_string(),
    })
}

/// `on` and `off`, and what others write for them.
mod switch {
    use super::{Deserialize, Deserializer, de};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Bool(bool),
        Text(String),
    }

    pub(super) fn serialize<S: serde::Serializer>(
        value: &bool,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<bool, D::Error> {
        match Value::deserialize(deserializer) {
            Ok(Value::Bool(value)) => Ok(value),
            Ok(Value::Text(text)) if text == "on" => Ok(true),
            Ok(Value::Text(text)) if text == "off" => Ok(false),
            _ => Err(de::Error::custom("write on or off")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn every_variable_that_is_described_is_known() {
        let known = names();
        let lines = include_str!("settings.rs").lines().map(str::trim_start);
        let described =
            lines.filter_map(|line| line.strip_prefix("/// `MUNICIPIO_")?.split('`').next());
        let described: Vec<_> = described.map(str::to_lowercase).collect();
        assert!(described.len() > 30, "{described:?}");
        for name in described {
            assert!(known.contains(&name), "{name}");
        }
    }
}
