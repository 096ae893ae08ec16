//! The suite of all engines on a real Meilisearch, and what only that can show.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use municipio_domain::{
    ids::TenantId,
    search::{Batch, SearchEngine},
};
use serde_json::json;
use tempfile::TempDir;

use super::{Meilisearch, document, position};
use crate::conformance;

const MASTER_KEY: &str = "a-master-key-of-tests-alone";

/// A server; one that was started here is stopped when it is dropped.
struct Server {
    url: String,
    key: Option<String>,
    _process: Option<(Process, TempDir)>,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// The one that `MEILI_URL` names, or one that is started; says loudly when there is none.
    async fn find() -> Option<Self> {
        if let Ok(url) = std::env::var("MEILI_URL") {
            let key = std::env::var("MEILI_API_KEY").ok();
            return Some(Self {
                url,
                key,
                _process: None,
            });
        }
        let data = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        let process = Command::new("meilisearch")
            .args([
                "--http-addr",
                &address,
                "--env",
                "development",
                "--no-analytics",
            ])
            .args(["--master-key", MASTER_KEY, "--max-indexing-memory", "1GiB"])
            .arg("--db-path")
            .arg(data.path().join("data.ms"))
            .current_dir(data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = process else {
            eprintln!(
                "NOT RUN on Meilisearch: there is no `meilisearch` on PATH, and MEILI_URL is not set"
            );
            return None;
        };
        let server = Self {
            url: format!("http://{address}"),
            key: Some(MASTER_KEY.to_owned()),
            _process: Some((Process(process), data)),
        };
        let http = server.engine("x").http(Duration::from_secs(1));
        while http
            .get::<serde_json::Value>(&format!("{}/health", server.url))
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(server)
    }

    /// An engine with an index of its own.
    fn engine(&self, index: &str) -> Meilisearch {
        let index = format!("test_{index}_{}", TenantId::generate());
        Meilisearch::new(&self.url, self.key.as_deref(), &index)
    }
}

macro_rules! conforms {
    ($($story:ident;)*) => {
        async fn all_stories(engine: &Meilisearch) {
            $(
                eprintln!("{}", stringify!($story));
                conformance::$story(engine).await;
            )*
        }
    };
}
conformance::stories!(conforms);

#[tokio::test]
async fn a_real_server_conforms() {
    let Some(server) = Server::find().await else {
        return;
    };
    let engine = server.engine("stories");
    all_stories(&engine).await;
    engine.drop_index().await.unwrap();
}

#[tokio::test]
async fn an_index_is_filled_beside_and_takes_over() {
    let Some(server) = Server::find().await else {
        return;
    };
    let engine = server.engine("swap");
    let tenant = TenantId::generate();
    conformance::fill(&engine, tenant, &[("Orario invernale", "")]).await;
    let beside = engine.beside().await.unwrap().unwrap();
    conformance::fill(
        beside.as_ref(),
        tenant,
        &[("Orario estivo", ""), ("Orario festivo", "")],
    )
    .await;
    assert_eq!(
        conformance::titles(&engine, tenant, "orario").await,
        1,
        "it answers meanwhile"
    );
    // An edit that is written to the index that answers.
    let edit = Batch {
        documents: vec![document("Orario ridotto", "")],
        ..Batch::default()
    };
    engine.apply(tenant, edit).await.unwrap();
    engine.take_over().await.unwrap();
    assert_eq!(conformance::titles(&engine, tenant, "orario").await, 2);
    assert_eq!(
        engine.status(tenant).await.unwrap().position,
        Some(position(1)),
        "what came later is followed"
    );
    engine.drop_index().await.unwrap();
}

#[tokio::test]
async fn an_existing_document_gains_a_place_and_settings_still_change() {
    let Some(server) = Server::find().await else {
        return;
    };
    let engine = server.engine("places");
    let tenant = TenantId::generate();
    let documents = conformance::fill(&engine, tenant, &[("Parco", "")]).await;
    let mut placed = documents[0].clone();
    placed.place = Some(municipio_domain::content::fields::GeoPoint {
        latitude: 46.0,
        longitude: 11.0,
    });
    let batch = Batch {
        documents: vec![placed],
        ..Batch::default()
    };
    engine.apply(tenant, batch).await.unwrap();
    let address = format!("{}/indexes/{}/settings", engine.host, engine.name);
    let change = json!({ "sortableAttributes": ["date"] });
    let http = engine.http(Duration::from_secs(5));
    let change = super::super::task::change_settings(&http, &address, change.as_object().unwrap());
    engine.settle(change.await).await.unwrap();
    engine.drop_index().await.unwrap();
}

#[tokio::test]
async fn a_key_that_may_do_little_is_enough() {
    let Some(server) = Server::find().await else {
        return;
    };
    let administrator = server.engine("key");
    let http = administrator.http(Duration::from_secs(5));
    let asked = json!({
        "name": "Municipio",
        "actions": ["search", "documents.*", "indexes.*", "settings.*", "tasks.get"],
        // A swap is a task of no index: only a key for all of them sees it.
        "indexes": ["*"],
        "expiresAt": null,
    });
    use meilisearch_sdk::request::{HttpClient, Method};
    let method = Method::Post {
        query: (),
        body: asked,
    };
    let made: serde_json::Value = http
        .request(&format!("{}/keys", server.url), method, 201)
        .await
        .unwrap();
    let limited = Server {
        url: server.url.clone(),
        key: made["key"].as_str().map(str::to_owned),
        _process: None,
    };
    let engine = limited.engine("limited");
    let tenant = TenantId::generate();
    conformance::fill(&engine, tenant, &[("Biblioteca", "")]).await;
    let beside = engine.beside().await.unwrap().unwrap();
    conformance::fill(beside.as_ref(), tenant, &[("Biblioteca", "")]).await;
    engine.take_over().await.unwrap();
    engine.forget(tenant).await.unwrap();
    engine.drop_index().await.unwrap();
}
