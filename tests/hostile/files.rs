//! Files against the real program: what memory they take, measured at its highest.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageBuffer, ImageFormat, RgbImage, Rgba};
use municipio_tests::media::{encoded, jpeg, picture, progressive};
use serde_json::{Value, json};

use crate::{
    meter::{memory, peak_memory},
    program::Folder,
    server::Server,
    wire::{PATIENCE, exchange},
};

/// What a file of any size may take while it arrives, in KiB.
const STREAMED: u64 = 64 * 1024;
/// What working on one picture of the largest size may take, in KiB: its pixels, their decoder, and its bytes.
const WORKED_ON: u64 = 450 * 1024;

/// What is left of that in use afterwards, in KiB.
const GIVEN_BACK: u64 = 64 * 1024;

struct Sender<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Sender<'a> {
    fn of(server: &'a Server) -> Self {
        let line = server
            .greeting
            .iter()
            .find_map(|line| line.trim().strip_prefix("editor@montelago.example"));
        let query = format!(
            "mutation {{ signIn(input: {{ email: \"editor@montelago.example\", password: \"{}\" }}) {{ session {{ accessToken }} }} }}",
            line.unwrap().trim()
        );
        let answer = exchange(server.address(), &crate::request::query(&query), PATIENCE).unwrap();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        let token = answer["data"]["signIn"]["session"]["accessToken"]
            .as_str()
            .unwrap()
            .to_owned();
        Self { server, token }
    }

    /// Sends a file by tus; gives the status and the code. A chunk is sent so many times.
    fn send(&self, name: &str, chunk: &[u8], times: usize) -> (u16, String) {
        let length = chunk.len() * times;
        let head = format!(
            "POST /media/uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
             Upload-Length: {length}\r\nUpload-Metadata: filename {}\r\nContent-Type: application/offset+octet-stream\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.token,
            STANDARD.encode(name)
        );
        self.exchange(&head, &[chunk], times)
    }

    /// Sends a file with a mutation, without saying how long it is.
    fn send_with_mutation(&self, name: &str, chunk: &[u8], times: usize) -> (u16, String) {
        let query = "mutation($file: Upload!) { createContent(input: { content: { asset: { \
            title: [{ locale: \"it\", value: \"Lungo\" }], file: { upload: $file } } } }) { userErrors { code } } }";
        let operations = json!({ "query": query, "variables": { "file": null } });
        let part = |name: &str, text: &str| {
            format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let form = format!(
            "{}{}--part\r\nContent-Disposition: form-data; name=\"0\"; filename=\"{name}\"\r\n\r\n",
            part("operations", &operations.to_string()),
            part("map", r#"{ "0": ["variables.file"] }"#),
        );
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nGraphQL-Require-Preflight: 1\r\n\
             Content-Type: multipart/form-data; boundary=part\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
             {:x}\r\n{form}\r\n",
            self.token,
            form.len()
        );
        let size = format!("{:x}\r\n", chunk.len());
        self.exchange(&head, &[size.as_bytes(), chunk, b"\r\n"], times)
    }

    /// Sends what comes first and then parts so many times, and gives the status and the code.
    fn exchange(&self, head: &str, parts: &[&[u8]], times: usize) -> (u16, String) {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut repeated = std::iter::repeat_n(parts, times).flatten();
        // What is refused early is not read to its end.
        while repeated
            .next()
            .is_some_and(|part| stream.write_all(part).is_ok())
        {}
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .parse()
            .unwrap_or_default();
        let code = answer
            .split("\"code\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        (status, code.unwrap_or_default().to_owned())
    }
}

/// How much more memory something took at its highest than there was in use before, in KiB.
fn growth(server: &Server, work: impl FnOnce()) -> u64 {
    let process = server.process.id();
    fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let before = memory(process);
    work();
    peak_memory(process).saturating_sub(before)
}

#[test]
fn a_long_file_passes_through_little_memory() {
    let folder = Folder::new();
    let server = folder.serve();
    let sender = Sender::of(&server);
    let chunk = "una riga di testo che non dice nulla\n"
        .repeat(28_000)
        .into_bytes();
    let taken = growth(&server, || {
        assert_eq!(sender.send("lungo.txt", &chunk, 300).0, 201)
    });
    println!("{} MB: {taken} KiB", chunk.len() * 300 / 1_000_000);
    assert!(taken < STREAMED, "{taken} KiB");
    let refused = growth(&server, || {
        let (status, code) = sender.send("troppo.txt", &chunk, 3_000);
        assert_eq!((status, code.as_str()), (413, "FILE_TOO_LARGE"));
    });
    assert!(refused < STREAMED, "{refused} KiB");
    let unsaid = growth(&server, || {
        // Three gigabytes of which nobody said how many they are.
        let (_, code) = sender.send_with_mutation("troppo.txt", &chunk, 3_000);
        assert_eq!(code, "FILE_TOO_LARGE");
    });
    assert!(unsaid < STREAMED, "{unsaid} KiB");
}

fn deep() -> Vec<u8> {
    let picture = ImageBuffer::from_pixel(5_000, 5_000, Rgba([0_u16; 4]));
    encoded(&DynamicImage::ImageRgba16(picture), ImageFormat::Png)
}

/// A picture that cannot be packed: some 60 MB.
fn noise() -> Vec<u8> {
    let mut state = 1_u32;
    let picture = RgbImage::from_fn(4_500, 4_500, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, red, green, blue] = state.to_le_bytes();
        image::Rgb([red, green, blue])
    });
    encoded(&picture.into(), ImageFormat::Png)
}

#[test]
fn pictures_take_what_their_limits_allow_and_give_it_back() {
    let folder = Folder::new();
    let server = folder.serve();
    let sender = Sender::of(&server);
    let process = server.process.id();
    let before = memory(process);
    // As large as it may be, and next to nothing to send.
    let bomb = encoded(&RgbImage::new(8_000, 6_000).into(), ImageFormat::Png);
    for (name, bytes, status) in [
        ("limite.png", bomb.clone(), 201),
        ("foto.jpg", jpeg(4_000, 3_000), 201),
        ("tagliata.png", bomb[..bomb.len() / 2].to_vec(), 422),
        // Sixteen bits for each colour, as many bytes as there may be, and as many scans.
        ("sedici.png", deep(), 201),
        ("rumore.png", noise(), 201),
        ("passate.jpg", progressive(7_000, 7_000, 25), 201),
        (
            "oltre.png",
            encoded(&picture(20, 20).into(), ImageFormat::Png)
                .into_iter()
                .chain([0; 10])
                .collect(),
            201,
        ),
    ] {
        let start = Instant::now();
        let taken = growth(&server, || {
            assert_eq!(sender.send(name, &bytes, 1).0, status, "{name}")
        });
        let (size, time) = (bytes.len(), start.elapsed());
        println!("{name}, {size} bytes: {taken} KiB in {time:?}");
        assert!(taken < WORKED_ON, "{name}: {taken} KiB");
    }
    // The allocator gives back what was not used again for some seconds.
    let start = Instant::now();
    while memory(process) > before + GIVEN_BACK {
        let now = memory(process);
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{before} KiB became {now} KiB"
        );
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(server.stop("TERM").code, Some(0));
}
