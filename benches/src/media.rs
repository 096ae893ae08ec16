//! Files: variants of a photograph beside what the crate `image` alone needs for them, a variant that was made before
//! beside a handler of files of actix, and a long upload.

use std::{
    io::{Cursor, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_files::NamedFile;
use actix_web::{App, HttpServer, web};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use image::{
    ExtendedColorType, ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType,
};
use serde_json::{Value, json};

use crate::{
    Common, Result,
    client::Connection,
    load::{Target, Work, measure},
    processes::memory,
    program::{Server, free_address},
    progress,
    report::{Report, Table, machine, mib, ms, rate},
    store::{Engine, Store},
};

const CREATE: &str = "mutation($file: Upload!) { createContent(input: { content: { asset: {
    title: [{ locale: \"it\", value: \"Foto\" }], decorative: true, file: { upload: $file } } } }) { content { id } userErrors { message } } }";
const PUBLISH: &str =
    "mutation($id: ID!) { publish(input: { id: $id }) { userErrors { message } } }";
const VARIANT: &str = "query($id: ID!, $width: Int!) { asset(by: { id: $id }) { image {
    card: variant(preset: CARD) { url } resized(width: $width, height: 800, fit: COVER) { url } } } }";

/// What the bench of files is told.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    common: Common,
    /// Bytes of the long upload
    #[arg(long, default_value_t = 1_073_741_824)]
    upload: usize,
}

/// What the handler of files is told.
#[derive(Debug, Args)]
pub struct File {
    /// Where it listens
    #[arg(long)]
    listen: SocketAddr,
    /// The file
    #[arg(long)]
    file: PathBuf,
}

/// Answers a file to everything.
pub async fn answer_file(options: &File) -> Result<()> {
    let file = options.file.clone();
    let server = HttpServer::new(move || {
        let file = file.clone();
        App::new().default_service(web::to(move || {
            let file = file.clone();
            async move { NamedFile::open_async(file).await }
        }))
    });
    Ok(server.bind(options.listen)?.run().await?)
}

/// Measures.
pub async fn run(options: &Options) -> Result<()> {
    let common = &options.common;
    let store = Store::create(&Engine::Sqlite).await?;
    let server = common.program()?.serve(&store, &[]).await?;
    let mut desk = Desk::open(&server).await?;
    let mut report = Report::default();
    report.add("machine", machine(common).await?);
    report.add("media-variants", variants(options, &mut desk).await?);
    report.add(
        "media-cached",
        cached(options, &mut desk, &store, &server).await?,
    );
    report.add("media-upload", upload(options, &desk, &server).await?);
    server.stop()?;
    store.remove().await?;
    common.publish(&report)
}

/// An editor of the demo municipality.
struct Desk {
    address: SocketAddr,
    connection: Connection,
    token: String,
}

impl Desk {
    async fn open(server: &Server) -> Result<Self> {
        let said = server.said();
        let line = said
            .lines()
            .find_map(|line| line.trim().strip_prefix("editor@montelago.example"));
        let password = line
            .ok_or("the first start said no password")?
            .trim()
            .to_owned();
        let connection = Connection::open(server.address()).await?;
        let mut desk = Self {
            address: server.address(),
            connection,
            token: String::new(),
        };
        let sign_in = "mutation($password: String!) { signIn(input: { email: \"editor@montelago.example\", password: $password }) { session { accessToken } } }";
        let token = desk
            .ask(
                sign_in,
                &json!({ "password": password }),
                "/data/signIn/session/accessToken",
            )
            .await?;
        desk.token = text(&token)?;
        Ok(desk)
    }

    async fn ask(&mut self, query: &str, variables: &Value, place: &str) -> Result<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let authorization = match self.token.as_str() {
            "" => String::new(),
            token => format!("Authorization: Bearer {token}\r\n"),
        };
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: {}\r\n{authorization}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let answer = self.connection.exchange(request.as_bytes()).await?;
        let read: Value = serde_json::from_slice(&answer.body)?;
        match read.pointer(place) {
            Some(found) if !found.is_null() => Ok(found.clone()),
            _ => Err(format!("nothing at {place}: {read}").into()),
        }
    }

    /// Uploads a file by tus; gives the id of the upload.
    fn upload(&self, name: &str, chunk: &[u8], times: usize) -> Result<String> {
        let length = chunk.len() * times;
        let mut stream = TcpStream::connect(self.address)?;
        let head = format!(
            "POST /media/uploads HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
             Upload-Length: {length}\r\nUpload-Metadata: filename {}\r\nContent-Type: application/offset+octet-stream\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.address,
            self.token,
            STANDARD.encode(name)
        );
        stream.write_all(head.as_bytes())?;
        for _ in 0..times {
            stream.write_all(chunk)?;
        }
        let answer = std::io::read_to_string(stream)?;
        let location = answer
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        let id = location.and_then(|path| path.trim().rsplit('/').next());
        Ok(id
            .ok_or_else(|| format!("it was not taken in: {answer}"))?
            .to_owned())
    }

    /// A published photograph; gives its id.
    async fn photograph(&mut self, bytes: &[u8]) -> Result<Value> {
        let upload = self.upload("foto.jpg", bytes, 1)?;
        let id = self
            .ask(
                CREATE,
                &json!({ "file": upload }),
                "/data/createContent/content/id",
            )
            .await?;
        self.ask(PUBLISH, &json!({ "id": id }), "/data/publish/userErrors")
            .await?;
        Ok(id)
    }

    /// A request for a variant, by who accepts this.
    fn get(&self, url: &Value, accept: &str) -> Result<Vec<u8>> {
        let url = text(url)?;
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        Ok(format!(
            "GET /{path} HTTP/1.1\r\nHost: {}\r\nAccept: {accept}\r\n\r\n",
            self.address
        )
        .into_bytes())
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or("no text")?.to_owned())
}

/// A photograph of 12 megapixels: shapes and noise, so that it is as much work as one.
fn photograph(quick: bool) -> Result<Vec<u8>> {
    let (width, height) = if quick { (400, 300) } else { (4_000, 3_000) };
    let mut noise = fastrand::Rng::with_seed(1);
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let grain = noise.u8(0..24);
        let wave = ((x * y / 4_000) % 200) as u8;
        image::Rgb([
            wave.saturating_add(grain),
            (x * 200 / width) as u8 + grain,
            (y * 200 / height) as u8 + grain,
        ])
    });
    jpeg(&picture, 90)
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.write_image(
        picture,
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

/// The same with `image` alone: decoded, cut, made smaller with the same filter, encoded with the same quality.
fn alone(bytes: &[u8], width: u32, height: u32) -> Result<Vec<u8>> {
    let picture = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()?
        .decode()?;
    jpeg(
        &picture
            .resize_to_fill(width, height, FilterType::Lanczos3)
            .into_rgb8(),
        80,
    )
}

async fn variants(options: &Options, desk: &mut Desk) -> Result<Table> {
    progress("variants of a photograph");
    let quick = options.common.quick;
    let bytes = photograph(quick)?;
    let id = desk.photograph(&bytes).await?;
    let sizes: Vec<u32> = if quick {
        (100..103).collect()
    } else {
        (1_200..1_220).collect()
    };
    let mut requests = Vec::new();
    for width in &sizes {
        let variables = json!({ "id": id, "width": width });
        let url = desk
            .ask(VARIANT, &variables, "/data/asset/image/resized/url")
            .await?;
        requests.push((desk.get(&url, "*/*")?, desk.get(&url, "image/webp")?));
    }
    let (mut jpegs, mut webps, mut alones) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for ((jpeg, webp), width) in requests.iter().zip(&sizes) {
        jpegs += timed(desk, jpeg).await?;
        webps += timed(desk, webp).await?;
        let start = Instant::now();
        alone(&bytes, *width, 800)?;
        alones += start.elapsed();
    }
    let each = |all: Duration| all / u32::try_from(sizes.len()).unwrap_or(1);
    let mut table = Table::new(&[
        "variant of 12 megapixels, 1,200 x 800",
        "ms",
        "a second",
        "of `image` alone",
    ]);
    for (name, time) in [
        ("`image` alone, JPEG", alones),
        ("over HTTP, JPEG", jpegs),
        ("over HTTP, WebP", webps),
    ] {
        let share = time.as_secs_f64() / alones.as_secs_f64();
        table.row(&[
            name.to_owned(),
            ms(each(time)),
            format!("{:.2}", 1.0 / each(time).as_secs_f64()),
            format!("{share:.2}"),
        ]);
    }
    Ok(table)
}

async fn timed(desk: &mut Desk, request: &[u8]) -> Result<Duration> {
    let start = Instant::now();
    let answer = desk.connection.exchange(request).await?;
    match answer.status {
        200 => Ok(start.elapsed()),
        status => Err(format!("{status}: {}", String::from_utf8_lossy(&answer.body)).into()),
    }
}

/// The same request again and again.
struct Again(Vec<u8>);

impl Work for Again {
    async fn turn(&self, connection: &mut Connection, _: usize) -> Result<()> {
        match connection.exchange(&self.0).await?.status {
            200 => Ok(()),
            status => Err(format!("status {status}").into()),
        }
    }
}

async fn cached(
    options: &Options,
    desk: &mut Desk,
    store: &Store,
    server: &Server,
) -> Result<Table> {
    progress("a variant that was made before");
    let id = desk.photograph(&photograph(true)?).await?;
    let url = desk
        .ask(
            VARIANT,
            &json!({ "id": id, "width": 300 }),
            "/data/asset/image/card/url",
        )
        .await?;
    let request = desk.get(&url, "image/webp")?;
    let bytes = desk.connection.exchange(&request).await?.body.into_owned();
    let file = store.folder().join("variant.webp");
    std::fs::write(&file, &bytes)?;
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("answer-file")
        .arg("--file")
        .arg(&file)
        .args(["--listen", &address.to_string()]);
    let mut beside = Server::start(command, address, store)?;
    beside.wait().await?;
    let mut rates = Vec::new();
    let mut table = Table::new(&[
        "a variant that was made before",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "of the handler",
    ]);
    for (name, server) in [
        ("handler of files of actix", &beside),
        ("Municipio", server),
    ] {
        let target = Target {
            address: server.address(),
            processes: store.processes(server),
        };
        let measured = measure(
            &target,
            &Rc::new(Again(request.clone())),
            8,
            options.common.time(),
        )
        .await?;
        rates.push(measured.rate());
        table.row(&[
            format!("{name}, {} bytes", bytes.len()),
            rate(measured.rate()),
            ms(measured.p50),
            ms(measured.p99),
            ms(measured.cpu()),
            format!("{:.2}", measured.rate() / rates[0]),
        ]);
    }
    beside.stop()?;
    Ok(table)
}

async fn upload(options: &Options, desk: &Desk, server: &Server) -> Result<Table> {
    progress("a long upload");
    let chunk = "una riga di testo che non dice nulla\n"
        .repeat(28_340)
        .into_bytes();
    let times = if options.common.quick {
        2
    } else {
        options.upload / chunk.len()
    };
    // What the pictures took is given back meanwhile.
    tokio::time::sleep(Duration::from_millis(if options.common.quick {
        10
    } else {
        15_000
    }))
    .await;
    // The highest so far is forgotten.
    std::fs::write(format!("/proc/{}/clear_refs", server.process()), "5")?;
    let before = memory(server.process())?.resident;
    let start = Instant::now();
    desk.upload("lungo.txt", &chunk, times)?;
    let elapsed = start.elapsed();
    let peak = memory(server.process())?.peak.saturating_sub(before);
    let bytes = (chunk.len() * times) as u64;
    let mut table = Table::new(&["upload", "s", "MiB/s", "MiB at most above idle"]);
    table.row(&[
        format!("{} MiB by tus, in one request", mib(bytes)),
        format!("{:.1}", elapsed.as_secs_f64()),
        format!(
            "{:.0}",
            bytes as f64 / f64::from(1 << 20) / elapsed.as_secs_f64()
        ),
        mib(peak),
    ]);
    Ok(table)
}
