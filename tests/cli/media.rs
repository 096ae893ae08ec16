//! Files and the program as a whole: `municipio media`, a store that speaks S3, one that does not answer, and a disk
//! that is full.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::{
    moto::{BUCKET, Moto},
    program::Folder,
    server::Server,
};

const PICTURES: &str = "{ assets(first: 100) { nodes { title file { url sha256 } image { variant(preset: CARD) { url } } } } }";

/// Somebody who writes for the demo municipality.
struct Editor<'a> {
    server: &'a Server,
    client: Client,
    token: String,
}

impl<'a> Editor<'a> {
    /// With the password that the first start said.
    async fn sign_in(server: &'a Server, greeting: &[String]) -> Self {
        let line = greeting
            .iter()
            .find_map(|line| line.trim().strip_prefix("editor@montelago.example"));
        let password = line.unwrap().trim();
        let sign_in = format!(
            "mutation {{ signIn(input: {{ email: \"editor@montelago.example\", password: \"{password}\" }}) {{ session {{ accessToken }} }} }}"
        );
        let answer = server.ask("localhost", &sign_in).await;
        let token = answer["data"]["signIn"]["session"]["accessToken"].as_str();
        let token = token.unwrap_or_else(|| panic!("{answer:#}")).to_owned();
        Self {
            server,
            client: Client::new(),
            token,
        }
    }

    /// Sends a text by tus, at once.
    async fn send(&self, bytes: Vec<u8>) -> Response {
        let post = self
            .client
            .post(format!("http://{}/media/uploads", self.server.address()));
        post.bearer_auth(&self.token)
            .header("tus-resumable", "1.0.0")
            .header("upload-length", bytes.len())
            .header(
                "upload-metadata",
                format!("filename {}", STANDARD.encode("prova.txt")),
            )
            .header("content-type", "application/offset+octet-stream")
            .body(bytes)
            .send()
            .await
            .unwrap()
    }
}

async fn code(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    (status, body["code"].clone())
}

/// The files of the demo, with where they are.
async fn pictures(server: &Server) -> Vec<Value> {
    // The addresses of files begin as the request says.
    let answer = server.ask(server.address(), PICTURES).await;
    let nodes = answer["data"]["assets"]["nodes"].as_array();
    nodes.unwrap_or_else(|| panic!("{answer:#}")).clone()
}

#[actix_web::test]
async fn a_portal_looks_right_from_the_first_minute() {
    let folder = Folder::new();
    let server = folder.serve();
    let pictures = pictures(&server).await;
    assert_eq!(pictures.len(), municipio_seeds::demo_attachments().len());
    for picture in &pictures {
        let variant = &picture["image"]["variant"]["url"];
        for url in [&picture["file"]["url"], variant]
            .into_iter()
            .filter_map(Value::as_str)
        {
            let response = reqwest::get(url).await.unwrap();
            assert_eq!(response.status(), 200, "{url}");
            assert!(response.bytes().await.unwrap().len() > 500, "{url}");
        }
    }
    // Nothing that the demo shows is anywhere else.
    let elsewhere = "{ places(first: 100) { nodes { title image { url asset { id } } } } documents(first: 100) { nodes { title files { url asset { id } } } } }";
    let shown = server.ask(server.address(), elsewhere).await;
    let shown = shown.to_string();
    assert!(
        !shown.contains("\"asset\":null") && !shown.contains("montelago.example/"),
        "{shown}"
    );
    assert_eq!(server.stop("TERM").code, Some(0));
}

/// The file of this hash, on the disk.
fn kept(folder: &Folder, hash: &str) -> PathBuf {
    let media = folder.path().join("data").join("media");
    let tenants: Vec<_> = fs::read_dir(media)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(tenants.len(), 1);
    tenants[0].join("blobs").join(hash)
}

#[actix_web::test]
async fn files_that_were_changed_or_are_missing_are_found() {
    let folder = Folder::new();
    let server = folder.serve();
    let pictures = pictures(&server).await;
    assert_eq!(server.stop("TERM").code, Some(0));
    let intact = folder.succeed(&["media", "verify"]);
    assert_eq!(intact.trim(), format!("c_m999: {} files", pictures.len()));
    let hash = |index: usize| pictures[index]["file"]["sha256"].as_str().unwrap();
    fs::write(kept(&folder, hash(0)), "altro").unwrap();
    fs::remove_file(kept(&folder, hash(1))).unwrap();
    fs::write(kept(&folder, &"0".repeat(64)), "di nessuno").unwrap();
    let outcome = folder.run(&["media", "verify", "--tenant", "c_m999"]);
    assert_eq!(outcome.code, Some(1));
    for wanted in [
        format!("changed: {}", hash(0)),
        format!("missing: {}", hash(1)),
        "1 objects belong to nothing".to_owned(),
    ] {
        assert!(
            outcome.stderr.contains(&wanted),
            "«{wanted}» is missing in: {}",
            outcome.stderr
        );
    }
}

#[actix_web::test]
async fn what_nothing_uses_is_removed_after_its_time() {
    let folder = Folder::new();
    let server = folder.serve();
    let editor = Editor::sign_in(&server, &server.greeting).await;
    assert_eq!(editor.send(b"di nessuno".to_vec()).await.status(), 201);
    let files = pictures(&server).await.len();
    assert_eq!(server.stop("TERM").code, Some(0));
    let clean = |more: &[&str]| folder.succeed(&[&["media", "clean"], more].concat());
    let nothing =
        "c_m999: 0 files that nothing uses, 0 uploads, 0 old variants and 0 stray objects";
    assert_eq!(clean(&[]).trim(), format!("{nothing} removed, 0 bytes"));
    let one = "c_m999: 1 files that nothing uses, 0 uploads, 0 old variants and 0 stray objects";
    assert_eq!(
        clean(&["--dry-run", "--grace", "0"]).trim(),
        format!("{one} would be removed, 10 bytes")
    );
    assert_eq!(
        folder.succeed(&["media", "verify"]).trim(),
        format!("c_m999: {} files", files + 1)
    );
    assert_eq!(
        clean(&["--grace", "0"]).trim(),
        format!("{one} removed, 10 bytes")
    );
    assert_eq!(
        folder.succeed(&["media", "verify"]).trim(),
        format!("c_m999: {files} files")
    );
}

#[actix_web::test]
async fn a_store_that_does_not_answer_leaves_everything_else_as_it_is() {
    // Nothing listens there.
    without_answers("http://127.0.0.1:9", Duration::from_secs(20)).await;
}

#[actix_web::test]
async fn a_store_that_takes_requests_and_says_nothing_is_as_one_that_does_not_answer() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // The system takes the connections; nobody reads what they bring.
    without_answers(&endpoint, Duration::from_secs(60)).await;
}

/// With a store at this address files are unavailable within this time, and nothing else is.
async fn without_answers(endpoint: &str, time: Duration) {
    let mut folder = Folder::new();
    let server = folder.serve();
    let (greeting, pictures) = (server.greeting.clone(), pictures(&server).await);
    assert_eq!(server.stop("TERM").code, Some(0));
    for (name, value) in [
        ("MUNICIPIO_MEDIA_BUCKET", "comune"),
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_REGION", "eu-south-1"),
    ] {
        folder = folder.with(name, value);
    }
    let server = folder.serve();
    let editor = Editor::sign_in(&server, &greeting).await;
    let start = Instant::now();
    let path = pictures[0]["file"]["url"]
        .as_str()
        .unwrap()
        .splitn(4, '/')
        .last()
        .unwrap()
        .to_owned();
    let url = format!("http://{}/{path}", server.address());
    let fetch = async { code(reqwest::get(&url).await.unwrap()).await };
    let send = async { code(editor.send(b"testo".to_vec()).await).await };
    let others = async {
        for _ in 0..10 {
            let answer = server
                .ask("localhost", "{ services(first: 3) { nodes { title } } }")
                .await;
            assert!(answer["data"]["services"]["nodes"].is_array(), "{answer}");
        }
    };
    let (fetched, sent, ()) = futures_util::future::join3(fetch, send, others).await;
    assert_eq!(fetched, (503, json!("STORAGE_UNAVAILABLE")));
    assert_eq!(sent, (503, json!("STORAGE_UNAVAILABLE")));
    assert!(start.elapsed() < time);
}

#[actix_web::test]
async fn a_full_disk_is_said_and_nothing_is_left() {
    // No file may be larger than this, which is what a full disk looks like to a program; the database is smaller.
    let folder = Folder::new()
        .with("MUNICIPIO_DEMO", "on")
        .with_largest_file(24 * 1024);
    let server = folder.serve();
    let editor = Editor::sign_in(&server, &server.greeting).await;
    let too_much = "x".repeat(30 * 1024 * 1024).into_bytes();
    assert_eq!(
        code(editor.send(too_much).await).await,
        (507, json!("STORAGE_FULL"))
    );
    assert_eq!(editor.send(b"poco".to_vec()).await.status(), 201);
    let uploads: Vec<_> = walk(&folder.path().join("data").join("media"))
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("uploads"))
        .collect();
    assert!(uploads.is_empty(), "{uploads:?}");
    let answer = server
        .ask("localhost", "{ services(first: 3) { nodes { title } } }")
        .await;
    assert!(answer["data"]["services"]["nodes"].is_array(), "{answer}");
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[actix_web::test]
async fn files_are_kept_in_a_store_that_speaks_s3() {
    let Some(moto) = Moto::start().await else {
        return;
    };
    let folder = Folder::new()
        .with("MUNICIPIO_MEDIA_BUCKET", BUCKET)
        .with("AWS_ENDPOINT", &moto.endpoint)
        .with("AWS_ACCESS_KEY_ID", "x")
        .with("AWS_SECRET_ACCESS_KEY", "x")
        .with("AWS_REGION", "us-east-1");
    let server = folder.serve();
    let files = pictures(&server).await;
    for picture in files.iter().take(5) {
        let variant = &picture["image"]["variant"]["url"];
        for url in [&picture["file"]["url"], variant]
            .into_iter()
            .filter_map(Value::as_str)
        {
            assert_eq!(reqwest::get(url).await.unwrap().status(), 200, "{url}");
        }
    }
    let editor = Editor::sign_in(&server, &server.greeting).await;
    // More than one part of an upload to the store.
    let long = "una riga di testo\n".repeat(700_000).into_bytes();
    assert_eq!(editor.send(long).await.status(), 201);
    assert_eq!(server.stop("TERM").code, Some(0));
    assert!(!folder.path().join("data").join("media").exists());
    assert_eq!(
        folder.succeed(&["media", "verify"]).trim(),
        format!("c_m999: {} files", files.len() + 1)
    );
    let cleaned = folder.succeed(&["media", "clean", "--grace", "0"]);
    assert!(cleaned.starts_with("c_m999: 1 files"), "{cleaned}");
}
