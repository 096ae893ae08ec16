//! Resumable uploads by tus 1.0.0: in pieces, over connections that break, with checksums. The client that others
//! use speaks it in `tests/clients`.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use actix_web::web::Bytes;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use municipio_domain::{
    identity::BuiltInRole,
    media::{Clock, NewUpload},
};
use municipio_tests::{
    Engine,
    media::{CREATE, Desk, jpeg},
    noon, on_both,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const STREAM: &str = "application/offset+octet-stream";

pub(crate) struct Tus<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) token: &'a str,
}

impl<'a> Tus<'a> {
    pub(crate) fn of(desk: &'a Desk) -> Self {
        Self {
            desk,
            token: &desk.token,
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let request = self
            .desk
            .app
            .client
            .request(method, format!("{}{path}", self.desk.app.base));
        let request = request
            .bearer_auth(self.token)
            .header("tus-resumable", "1.0.0");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(body.to_vec()).send().await.unwrap()
    }

    /// Begins an upload; gives its address.
    pub(crate) async fn begin(&self, name: &str, length: usize) -> String {
        let metadata = format!("filename {}", STANDARD.encode(name));
        let headers = [
            ("upload-length", length.to_string()),
            ("upload-metadata", metadata),
        ];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let created = self
            .send(Method::POST, "/media/uploads", &headers, b"")
            .await;
        assert_eq!(created.status(), 201);
        assert!(created.headers().contains_key("upload-expires"));
        created.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(crate) async fn patch(&self, path: &str, offset: usize, bytes: &[u8]) -> Response {
        let offset = offset.to_string();
        let headers = [("content-type", STREAM), ("upload-offset", offset.as_str())];
        self.send(Method::PATCH, path, &headers, bytes).await
    }

    /// How far an upload has come; nothing when there is none.
    pub(crate) async fn offset(&self, path: &str) -> Option<usize> {
        let head = self.send(Method::HEAD, path, &[], b"").await;
        (head.status() == 200).then(|| {
            head.headers()["upload-offset"]
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
    }

    /// A request with these first headers that sends so many bytes of its body, and no more.
    async fn cut(&self, headers: &str, body: &[u8], sent: usize) -> TcpStream {
        let address = self.desk.app.base.trim_start_matches("http://");
        let head = format!(
            "{headers}Host: {address}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
             Content-Type: {STREAM}\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&body[..sent]).await.unwrap();
        connection
    }

    /// Resets a connection once something has arrived over it.
    async fn reset(&self, connection: TcpStream) {
        let start = Instant::now();
        while self.desk.kept("uploads").is_empty() {
            assert!(start.elapsed() < Duration::from_secs(10), "nothing arrives");
            actix_web::rt::task::yield_now().await;
        }
        connection.set_zero_linger().unwrap();
        drop(connection);
    }

    /// The asset that is made of an upload.
    pub(crate) async fn asset(&self, path: &str) -> Value {
        let upload = path.rsplit('/').next().unwrap();
        let variables = json!({ "file": upload, "title": "Caricato" });
        let made = self.desk.app.data_as(self.token, CREATE, variables).await;
        made["createContent"].clone()
    }
}

async fn code(response: Response) -> (u16, Value) {
    (
        response.status().as_u16(),
        response.json::<Value>().await.unwrap()["code"].clone(),
    )
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

on_both! {
    async fn a_file_comes_in_pieces_and_becomes_an_asset(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let options = tus.send(Method::OPTIONS, "/media/uploads", &[], b"").await;
        assert_eq!(options.headers()["tus-extension"], "creation,creation-with-upload,expiration,checksum,termination");
        let text = "una riga di testo\n".repeat(10_000).into_bytes();
        let path = tus.begin("testo.txt", text.len()).await;
        let mut offset = 0;
        for part in text.chunks(50_000) {
            // What is not complete cannot be used.
            assert_eq!(tus.asset(&path).await["userErrors"][0]["code"], "UPLOAD_NOT_FOUND");
            let answer = tus.patch(&path, offset, part).await;
            offset += part.len();
            assert_eq!((answer.status().as_u16(), answer.headers()["upload-offset"].to_str().unwrap()), (204, offset.to_string().as_str()));
            assert_eq!(tus.offset(&path).await, Some(offset));
        }
        let made = tus.asset(&path).await;
        assert_eq!(made["content"]["file"]["sha256"], sha256(&text), "{made:#}");
        // Nothing is left of its way here.
        assert!(desk.kept("uploads").is_empty(), "{:?}", desk.kept("uploads"));
        let more = tus.patch(&path, offset, b"x").await;
        assert_eq!(code(more).await, (409, json!("UPLOAD_OFFSET_WRONG")));
    }
}

on_both! {
    async fn an_upload_that_is_cut_goes_on_where_it_was(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let text = "x".repeat(1_000_000).into_bytes();
        let path = tus.begin("lungo.txt", text.len()).await;
        let headers = format!("PATCH {path} HTTP/1.1\r\nUpload-Offset: 0\r\n");
        let mut connection = tus.cut(&headers, &text, 900_000).await;
        connection.shutdown().await.unwrap();
        // The server says that it is cut, or closes at once.
        let _ = connection.read_to_end(&mut Vec::new()).await;
        let mut offset = tus.offset(&path).await.unwrap();
        while offset == 0 {
            actix_web::rt::task::yield_now().await;
            offset = tus.offset(&path).await.unwrap();
        }
        assert_eq!(offset, 900_000);
        let rest = tus.patch(&path, offset, &text[offset..]).await;
        assert_eq!(rest.status(), 204);
        assert_eq!(tus.asset(&path).await["content"]["file"]["sha256"], sha256(&text));
    }
}

on_both! {
    async fn an_upload_whose_connection_is_reset_goes_on_or_leaves_nothing(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let text = "x".repeat(1_000_000).into_bytes();
        let path = tus.begin("lungo.txt", text.len()).await;
        let headers = format!("PATCH {path} HTTP/1.1\r\nUpload-Offset: 0\r\n");
        tus.reset(tus.cut(&headers, &text, 900_000).await).await;
        // What had been read by then is there, once that is noticed.
        let mut offset = 0;
        while offset == 0 {
            actix_web::rt::task::yield_now().await;
            offset = tus.offset(&path).await.unwrap();
        }
        assert_eq!(tus.patch(&path, offset, &text[offset..]).await.status(), 204);
        assert_eq!(tus.asset(&path).await["content"]["file"]["sha256"], sha256(&text));
        // Nobody was told where one is that begins with its first bytes.
        let headers = "POST /media/uploads HTTP/1.1\r\nUpload-Length: 1000000\r\n";
        let before = desk.app.rows("media_upload").await;
        tus.reset(tus.cut(headers, &text, 900_000).await).await;
        let start = Instant::now();
        while desk.app.rows("media_upload").await > before || !desk.kept("uploads").is_empty() {
            assert!(start.elapsed() < Duration::from_secs(10), "an upload is left");
            actix_web::rt::task::yield_now().await;
        }
    }
}

on_both! {
    async fn what_arrives_damaged_is_not_kept(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let path = tus.begin("somma.txt", 10).await;
        let sum = |bytes: &[u8]| format!("sha256 {}", STANDARD.encode(Sha256::digest(bytes)));
        let patch = async |checksum: &str, bytes: &[u8]| {
            let headers = [("content-type", STREAM), ("upload-offset", "0"), ("upload-checksum", checksum)];
            tus.send(Method::PATCH, &path, &headers, bytes).await
        };
        assert_eq!(code(patch(&sum(b"altro"), b"testo").await).await, (460, json!("CHECKSUM_MISMATCH")));
        assert_eq!(tus.offset(&path).await, Some(0));
        assert!(desk.kept("uploads").is_empty());
        assert_eq!(code(patch("md4 AAAA", b"testo").await).await, (400, json!("BAD_REQUEST")));
        // SHA-1 is what every server of tus has.
        let sha1 = "sha1 HTu/h+qEjwMjrOP9tsnv2xHcATY=";
        assert_eq!(code_of(patch(sha1, b"testo").await).await, "CHECKSUM_MISMATCH");
        assert_eq!(patch(&sum(b"testo"), b"testo").await.status(), 204);
        assert_eq!(tus.offset(&path).await, Some(5));
    }
}

async fn code_of(response: Response) -> String {
    let (_, code) = code(response).await;
    code.as_str().unwrap_or_default().to_owned()
}

on_both! {
    async fn a_file_that_is_refused_at_its_end_leaves_nothing(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let picture = jpeg(30, 30);
        let path = tus.begin("modulo.pdf", picture.len()).await;
        let (first, second) = picture.split_at(100);
        assert_eq!(tus.patch(&path, 0, first).await.status(), 204);
        assert_eq!(code(tus.patch(&path, 100, second).await).await, (415, json!("FILE_TYPE_MISMATCH")));
        assert_eq!(tus.offset(&path).await, None);
        assert!(desk.kept("uploads").is_empty() && desk.kept("blobs").len() == desk.before);
    }
}

on_both! {
    async fn uploads_are_cancelled_by_those_who_began_them(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let path = tus.begin("mio.txt", 10).await;
        assert_eq!(tus.patch(&path, 0, b"mio").await.status(), 204);
        let other = desk.app.signed_in(BuiltInRole::Editor).await;
        let theirs = Tus { desk: &desk, token: &other };
        assert_eq!(theirs.offset(&path).await, None);
        assert_eq!(code(theirs.patch(&path, 3, b"suo").await).await, (404, json!("UPLOAD_NOT_FOUND")));
        assert_eq!(code(theirs.send(Method::DELETE, &path, &[], b"").await).await, (404, json!("UPLOAD_NOT_FOUND")));
        assert_eq!(tus.offset(&path).await, Some(3));
        assert_eq!(tus.send(Method::DELETE, &path, &[], b"").await.status(), 204);
        assert_eq!(tus.offset(&path).await, None);
        assert!(desk.kept("uploads").is_empty());
    }
}

#[actix_web::test]
async fn what_tus_does_not_allow_is_refused() {
    let desk = Desk::open(Engine::Sqlite).await;
    let tus = Tus::of(&desk);
    let begin = async |length: &str| {
        code(
            tus.send(
                Method::POST,
                "/media/uploads",
                &[("upload-length", length)],
                b"",
            )
            .await,
        )
        .await
    };
    assert_eq!(begin("3221225472").await, (413, json!("FILE_TOO_LARGE")));
    assert_eq!(begin("0").await, (422, json!("FILE_EMPTY")));
    assert_eq!(begin("-1").await, (400, json!("BAD_REQUEST")));
    assert_eq!(
        begin("99999999999999999999").await,
        (400, json!("BAD_REQUEST"))
    );
    let path = tus.begin("a.txt", 5).await;
    assert_eq!(
        code(tus.patch(&path, 0, b"troppo").await).await,
        (413, json!("PAYLOAD_TOO_LARGE"))
    );
    assert_eq!(tus.offset(&path).await, Some(0));
    assert_eq!(
        code(tus.patch(&path, 3, b"x").await).await,
        (409, json!("UPLOAD_OFFSET_WRONG"))
    );
    let wrong_type = tus
        .send(Method::PATCH, &path, &[("upload-offset", "0")], b"x")
        .await;
    assert_eq!(
        code(wrong_type).await,
        (415, json!("UNSUPPORTED_MEDIA_TYPE"))
    );
    let unversioned = desk
        .app
        .client
        .post(format!("{}/media/uploads", desk.app.base))
        .bearer_auth(&desk.token);
    let unversioned = unversioned.send().await.unwrap();
    assert_eq!(
        code(unversioned).await,
        (412, json!("TUS_VERSION_UNSUPPORTED"))
    );
    let anonymous = desk
        .app
        .client
        .post(format!("{}/media/uploads", desk.app.base))
        .header("tus-resumable", "1.0.0");
    assert_eq!(
        code(anonymous.send().await.unwrap()).await,
        (401, json!("UNAUTHENTICATED"))
    );
    let nothing = tus.patch("/media/uploads/x", 0, b"x").await;
    assert_eq!(code(nothing).await, (404, json!("UPLOAD_NOT_FOUND")));
}

#[actix_web::test]
async fn every_answer_says_which_tus_is_spoken_and_head_what_was_said() {
    let desk = Desk::open(Engine::Sqlite).await;
    let tus = Tus::of(&desk);
    let path = tus.begin("modulo è.txt", 5).await;
    let head = tus.send(Method::HEAD, &path, &[], b"").await;
    let metadata = format!("filename {}", STANDARD.encode("modulo è.txt"));
    assert_eq!(head.headers()["upload-metadata"], metadata.as_str());
    let nothing = tus.send(Method::HEAD, "/media/uploads/x", &[], b"").await;
    assert_eq!(nothing.status(), 404);
    assert_eq!(nothing.headers()["tus-resumable"], "1.0.0");
    let other = desk.app.client.head(format!("{}{path}", desk.app.base));
    let other = other.bearer_auth(&desk.token).send().await.unwrap();
    assert_eq!(other.status(), 412);
    assert_eq!(other.headers()["tus-version"], "1.0.0");
    // Where nothing but POST is let through.
    let patch = [
        ("x-http-method-override", "PATCH"),
        ("content-type", STREAM),
        ("upload-offset", "0"),
    ];
    assert_eq!(
        tus.send(Method::POST, &path, &patch, b"abc").await.status(),
        204
    );
    assert_eq!(tus.offset(&path).await, Some(3));
    let delete = [("x-http-method-override", "DELETE")];
    assert_eq!(
        tus.send(Method::POST, &path, &delete, b"").await.status(),
        204
    );
    assert_eq!(tus.offset(&path).await, None);
}

on_both! {
    async fn names_with_characters_that_no_text_has_are_mended(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let path = tus.begin("\0mo\u{1b}dulo\0.txt\n", 5).await;
        let head = tus.send(Method::HEAD, &path, &[], b"").await;
        let metadata = format!("filename {}", STANDARD.encode("modulo.txt"));
        assert_eq!(head.headers()["upload-metadata"], metadata.as_str());
        assert_eq!(tus.patch(&path, 0, b"testo").await.status(), 204);
    }
}

on_both! {
    async fn what_is_begun_wrongly_leaves_nothing(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        for (checksum, status) in [("md4 AAAA", 400), ("sha1 AAAA", 460)] {
            let headers = [("upload-length", "5"), ("content-type", STREAM), ("upload-checksum", checksum)];
            assert_eq!(tus.send(Method::POST, "/media/uploads", &headers, b"testo").await.status(), status);
        }
        assert_eq!(desk.app.rows("media_upload").await, 0);
        assert!(desk.kept("uploads").is_empty());
    }
}

on_both! {
    async fn one_author_has_so_many_uploads_under_way(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let mut last = String::new();
        for _ in 0..50 {
            last = tus.begin("a.txt", 5).await;
        }
        let headers = [("upload-length", "5")];
        let refused = tus.send(Method::POST, "/media/uploads", &headers, b"").await;
        assert_eq!(code(refused).await, (429, json!("TOO_MANY_UPLOADS")));
        assert_eq!(tus.send(Method::DELETE, &last, &[], b"").await.status(), 204);
        tus.begin("a.txt", 5).await;
    }
}

thread_local! {
    /// What the clock of the test below says, in hours. Each test has a thread of its own.
    static HOURS: Cell<i64> = const { Cell::new(0) };
}

on_both! {
    async fn an_upload_waits_a_day_from_when_its_bytes_came(engine) {
        let desk = Desk::open(engine).await;
        let tenant = desk.app.demo_tenant().await;
        let media = desk.app.media.of(desk.app.database.tenant(tenant.id));
        let clock: Clock = || noon() + TimeDelta::hours(HOURS.get());
        let new = |name: &str, length| NewUpload { author: "somebody".to_owned(), name: name.to_owned(), length };
        HOURS.set(0);
        let begun = media.begin_upload(new("lungo.txt", Some(10)), clock()).await.unwrap();
        // One request, over two days.
        let slow = |hours: i64| stream::iter(1..=5).map(move |day| {
            HOURS.set(hours * day / 5);
            Ok::<_, String>(Bytes::from_static(b"a"))
        });
        let upload = media.append((begun.id, "somebody"), 0, slow(50), None, clock).await.unwrap();
        assert_eq!((upload.received, upload.expires_at), (5, noon() + TimeDelta::hours(74)));
        HOURS.set(0);
        let whole = media.receive(new("altro.txt", None), slow(50), clock).await.unwrap();
        assert_eq!(whole.expires_at, noon() + TimeDelta::hours(74));
    }
}
