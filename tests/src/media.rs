//! Files that are sent, and what is sent with them.

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::jpeg::JpegEncoder,
};
use lopdf::{Dictionary, Object, Stream, dictionary};
use municipio_domain::identity::BuiltInRole;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::{Engine, TestApp};

const BOUNDARY: &str = "municipio-test-boundary";

/// The demo municipality with an editor who sends files.
pub struct Desk {
    pub app: TestApp,
    pub token: String,
    /// How many files there were.
    pub before: usize,
}

/// A picture without any two parts that look alike.
pub fn picture(width: u32, height: u32) -> RgbImage {
    let shade = |part: u32, whole: u32| u8::try_from(part * 255 / whole.max(1)).unwrap();
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            shade(x, width),
            shade(y, height),
            shade(x ^ y, width.max(height) * 2),
        ])
    })
}

/// A photograph as a camera writes it, without metadata.
pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let picture = picture(width, height);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .write_image(&picture, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// A photograph with metadata: how the camera was held, a place, and a comment.
pub fn photograph(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0]);
    // The model of the camera, in place of which a place could stand.
    exif.extend(b"\x10\x01\x02\0\x10\0\0\0\x26\0\0\0\0\0\0\0SECRET-PLACE-45\0");
    let mut bytes = vec![0xff, 0xd8];
    for (marker, content) in [(0xe1, &exif[..]), (0xfe, b"SECRET-COMMENT")] {
        bytes.extend([0xff, marker]);
        bytes.extend(u16::try_from(content.len() + 2).unwrap().to_be_bytes());
        bytes.extend(content);
    }
    bytes.extend(&jpeg(width, height)[2..]);
    bytes
}

/// A grey JPEG of so many scans, each of which goes over all of it and changes nothing. Its sides are multiples of 8.
pub fn progressive(width: u16, height: u16, scans: u8) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    };
    let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let frame = [&[8], &size[..], &[1, 1, 0x11, 0]].concat();
    // One code, of one bit: nothing changes in this block.
    let codes = |table: u8| [&[table, 1][..], &[0; 16]].concat();
    let blocks = usize::from(width / 8) * usize::from(height / 8);
    let mut nothing = vec![0; blocks.div_ceil(8)];
    if let (Some(last), used @ 1..) = (nothing.last_mut(), blocks % 8) {
        *last = 0xff >> used;
    }
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend(segment(0xdb, &[[0; 1].as_slice(), &[1; 64]].concat()));
    jpeg.extend(segment(0xc2, &frame));
    jpeg.extend(segment(0xc4, &codes(0x00)));
    jpeg.extend(segment(0xc4, &codes(0x10)));
    for band in 0..scans {
        jpeg.extend(segment(0xda, &[1, 1, 0, band, band, 0]));
        jpeg.extend(&nothing);
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

/// A picture through some of which one can see.
pub fn transparent_png(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbaImage::from_fn(width, height, |x, y| {
        Rgba([x as u8, y as u8, 90, (x * 255 / width) as u8])
    });
    encoded(&picture.into(), ImageFormat::Png)
}

/// A picture in this form.
pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A document with one page that says this, by a stream that unpacks to it.
pub fn document(content: Vec<u8>) -> Vec<u8> {
    let mut document = lopdf::Document::with_version("1.7");
    let font = document.add_object(
        dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" },
    );
    let mut stream = Stream::new(Dictionary::new(), content);
    stream.compress().unwrap();
    let content = document.add_object(stream);
    let pages = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    document.objects.insert(
        pages,
        Object::Dictionary(
            dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 },
        ),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// A document that says it is PDF/A of this part and conformance.
pub fn archival(part: &str, conformance: &str) -> Vec<u8> {
    let plain = document(b"BT /F1 12 Tf 72 720 Td (Provvedimento) Tj ET".to_vec());
    let mut document = lopdf::Document::load_mem(&plain).unwrap();
    let metadata = format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><pdfaid:part>{part}</pdfaid:part>\
         <pdfaid:conformance>{conformance}</pdfaid:conformance></x:xmpmeta>"
    );
    let dictionary = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    let metadata = document.add_object(Stream::new(dictionary, metadata.into_bytes()));
    document.catalog_mut().unwrap().set("Metadata", metadata);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// The mutation that makes an asset of a file.
pub const CREATE: &str = "mutation($file: Upload!, $title: String!) {
    createContent(input: { content: { asset: {
        title: [{ locale: \"it\", value: $title }], alt: [{ locale: \"it\", value: \"Il lago\" }],
        file: { upload: $file }
    } } }) { content { id ... on Asset { file { url name sha256 mediaType size pageCount language pdfA documentTitle }
        image { url width height placeholder } } } userErrors { code path message } } }";

impl Desk {
    /// With the demo municipality.
    pub async fn open(engine: Engine) -> Self {
        let app = TestApp::demo(engine).await;
        Self::of(app).await
    }

    /// At this application.
    pub async fn of(app: TestApp) -> Self {
        let token = app.signed_in(BuiltInRole::Editor).await;
        let mut desk = Self {
            app,
            token,
            before: 0,
        };
        desk.before = desk.kept("blobs").len();
        desk
    }

    /// Sends a file with the mutation that makes an asset of it.
    pub async fn send(&self, name: &str, bytes: &[u8]) -> Response {
        let variables = json!({ "file": null, "title": name });
        let operations = json!({ "query": CREATE, "variables": variables });
        self.multipart(&operations, name, bytes)
            .send()
            .await
            .unwrap()
    }

    /// A request with a file in the variable `file`.
    pub fn multipart(&self, operations: &Value, name: &str, bytes: &[u8]) -> RequestBuilder {
        let map = json!({ "0": ["variables.file"] });
        let mut body = Vec::new();
        for (part, text) in [("operations", operations), ("map", &map)] {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"\r\n\r\n{text}\r\n"
            );
            body.extend(head.into_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"0\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        self.app
            .post()
            .bearer_auth(&self.token)
            .header(
                "content-type",
                format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .header("graphql-require-preflight", "1")
            .body(body)
    }

    /// The asset that a file became; a draft.
    pub async fn asset(&self, name: &str, bytes: &[u8]) -> Value {
        let response = self.send(name, bytes).await;
        let status = response.status();
        let mut answer: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{answer:#}");
        let payload = answer["data"]["createContent"].take();
        assert_eq!(payload["userErrors"], json!([]), "{payload:#} {answer:#}");
        payload["content"].clone()
    }

    /// The code with which a file is refused.
    pub async fn refused(&self, name: &str, bytes: &[u8]) -> String {
        let answer: Value = self.send(name, bytes).await.json().await.unwrap();
        assert!(
            answer["code"].is_string(),
            "{name} was taken in: {answer:#}"
        );
        answer["code"].as_str().unwrap().to_owned()
    }

    /// Publishes what has this global id.
    pub async fn publish(&self, id: &Value) {
        let publish =
            "mutation($id: ID!) { publish(input: { id: $id }) { userErrors { code message } } }";
        let done = self
            .app
            .data_as(&self.token, publish, json!({ "id": id }))
            .await;
        assert_eq!(done["publish"]["userErrors"], json!([]), "{done:#}");
    }

    /// A published asset.
    pub async fn published(&self, name: &str, bytes: &[u8]) -> Value {
        let asset = self.asset(name, bytes).await;
        self.publish(&asset["id"]).await;
        asset
    }

    /// What everybody reads of an asset.
    pub async fn read(&self, id: &Value, fields: &str) -> Value {
        let query = format!("query($id: ID!) {{ asset(by: {{ id: $id }}) {{ {fields} }} }}");
        let mut data = self.app.ask(&query, json!({ "id": id })).await;
        assert!(data.get("errors").is_none(), "{data:#}");
        data["data"]["asset"].take()
    }

    /// What is read of an asset under a perspective, by who has this token or by anybody.
    pub async fn look(
        &self,
        token: Option<&str>,
        perspective: &str,
        id: &Value,
        fields: &str,
    ) -> Value {
        let query = format!("query($id: ID!) {{ asset(by: {{ id: $id }}) {{ {fields} }} }}");
        let post = self.app.post();
        let post = match token {
            Some(token) => post.bearer_auth(token),
            None => post,
        };
        let post = post.header("municipio-perspective", perspective);
        let asked = post.json(&json!({ "query": query, "variables": { "id": id } }));
        let mut answer: Value = asked.send().await.unwrap().json().await.unwrap();
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"]["asset"].take()
    }

    /// What is at an address, by these headers.
    pub async fn fetch(&self, url: &str, headers: &[(&str, &str)]) -> Response {
        let get = self.app.client.get(url);
        let get = headers
            .iter()
            .fold(get, |get, (name, value)| get.header(*name, *value));
        get.send().await.unwrap()
    }

    /// The bytes at an address.
    pub async fn bytes(&self, url: &str) -> Vec<u8> {
        let response = self.fetch(url, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{url}");
        response.bytes().await.unwrap().to_vec()
    }
}

impl Desk {
    /// How many variants are kept.
    pub async fn made(&self) -> usize {
        self.kept("variants").len()
    }

    /// Waits until nothing is on its way in: what a request brought is forgotten when it is answered, or gone.
    pub async fn has_no_uploads(&self) {
        let start = Instant::now();
        while self.app.rows("media_upload").await > 0 || !self.kept("uploads").is_empty() {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "uploads are left"
            );
            actix_web::rt::task::yield_now().await;
        }
    }

    /// The files that are kept in a folder of the store, of all municipalities.
    pub fn kept(&self, folder: &str) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.app.media_folder()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).into_iter().flatten() {
                let entry = entry.unwrap();
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => found.push(entry.path()),
                }
            }
        }
        found.retain(|path| path.components().any(|part| part.as_os_str() == folder));
        found
    }
}
