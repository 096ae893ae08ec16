//! Files that are sent to do harm, or by mistake: each is refused with a clear error and leaves nothing behind, or
//! is made harmless. What memory they take is measured on the real program, in `tests/hostile`.

use std::time::Duration;

use crc32fast::hash;
use futures_util::future::join_all;
use image::ImageFormat;
use municipio_tests::{
    Engine, TestApp,
    media::{Desk, document, encoded, jpeg, picture, progressive},
    on_both,
};
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::media_tus::Tus;

fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [&kind[..], content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &named, &hash(&named).to_be_bytes()].concat()
}

/// A picture of which there is little more than its size.
fn huge_png(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let empty = b"x\x9c\x03\0\0\0\0\x01";
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", empty),
        chunk(b"IEND", b""),
    ]
    .concat()
}

/// An animation of this many frames of one pixel.
pub(crate) fn long_gif(frames: usize) -> Vec<u8> {
    let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..frames {
        gif.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    gif.push(0x3b);
    gif
}

on_both! {
    async fn hostile_files_are_refused_and_leave_nothing(engine) {
        let desk = Desk::open(engine).await;
        let photograph = jpeg(60, 60);
        let pdf_and_zip = [document(b"BT /F1 12 Tf (Modulo) Tj ET".to_vec()), b"PK\x05\x06".to_vec(), vec![0; 18]].concat();
        let script_and_pdf = [b"<html><script>alert(1)</script>".to_vec(), document(Vec::new())].concat();
        let many_parts = [b"\xff\xd8".to_vec(), b"\xff\xfe\0\x02".repeat(100_000), photograph[2..].to_vec()].concat();
        for (name, bytes, code) in [
            ("enorme.png", huge_png(20_000, 20_000), "IMAGE_TOO_LARGE"),
            ("rotto.png", huge_png(100, 100), "FILE_DAMAGED"),
            ("tagliata.jpg", photograph[..photograph.len() / 2].to_vec(), "FILE_DAMAGED"),
            ("vuota.jpg", b"\xff\xd8\xff\xd9".to_vec(), "FILE_DAMAGED"),
            ("lunga.gif", long_gif(10_000), "IMAGE_TOO_LONG"),
            ("foto.pdf", photograph.clone(), "FILE_TYPE_MISMATCH"),
            ("due.pdf", pdf_and_zip, "FILE_AMBIGUOUS"),
            ("pagina.pdf", script_and_pdf, "FILE_TYPE_REFUSED"),
            ("parti.jpg", many_parts, "FILE_DAMAGED"),
            ("passate.jpg", progressive(64, 64, 26), "IMAGE_TOO_COMPLEX"),
            ("tagliata2.jpg", progressive(64, 64, 10)[..300].to_vec(), "FILE_DAMAGED"),
            ("pagina.xml", b"<?xml version='1.0'?><svg onload='alert(1)'/>".to_vec(), "FILE_TYPE_REFUSED"),
            ("tagliato.pdf", b"%PDF-1.7\n1 0 obj".to_vec(), "FILE_DAMAGED"),
            ("finto.pdf", b"%PDF-1.7\nnulla\n%%EOF".to_vec(), "FILE_DAMAGED"),
            ("disegno.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec(), "FILE_TYPE_REFUSED"),
            ("pagina.html", b"<!DOCTYPE html><script>alert(1)</script>".to_vec(), "FILE_TYPE_REFUSED"),
            ("pagina.png", b"<html>".to_vec(), "FILE_TYPE_REFUSED"),
            ("programma.exe", b"MZ\x90\0\x03".to_vec(), "FILE_TYPE_REFUSED"),
            ("vuoto.txt", Vec::new(), "FILE_EMPTY"),
        ] {
            assert_eq!(desk.refused(name, &bytes).await, code, "{name}");
            assert!(desk.kept("uploads").is_empty() && desk.kept("blobs").len() == desk.before, "{name}");
        }
        assert_eq!(desk.app.rows("media_upload").await, 0);
    }
}

on_both! {
    async fn what_hides_behind_a_picture_is_left_out(engine) {
        let desk = Desk::open(engine).await;
        let script = b"<script>alert(document.domain)</script>PK\x05\x06";
        for (name, picture) in [
            ("foto.jpg", jpeg(40, 40)),
            ("foto.png", encoded(&picture(40, 40).into(), ImageFormat::Png)),
            ("foto.webp", encoded(&picture(40, 40).into(), ImageFormat::WebP)),
            ("foto.gif", long_gif(2)),
        ] {
            let asset = desk.published(name, &[&picture[..], script].concat()).await;
            let image = &desk.read(&asset["id"], "image { url }").await["image"];
            let kept = desk.bytes(image["url"].as_str().unwrap()).await;
            assert!(!String::from_utf8_lossy(&kept).contains("script"), "{name}");
            assert!(image::load_from_memory(&kept).is_ok(), "{name}");
        }
    }
}

on_both! {
    async fn a_picture_of_several_scans_is_worked_on_in_a_process_of_its_own(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("passate.jpg", &progressive(640, 320, 12)).await;
        let image = &desk.read(&asset["id"], "image { width height placeholder variant(preset: SMALL) { url } }").await["image"];
        assert_eq!((&image["width"], &image["height"]), (&json!(640), &json!(320)));
        assert!(image["placeholder"].is_string());
        for accept in ["image/webp", "*/*"] {
            let made = desk.fetch(image["variant"]["url"].as_str().unwrap(), &[("accept", accept)]).await;
            let made = image::load_from_memory(&made.bytes().await.unwrap()).unwrap();
            assert_eq!((made.width(), made.height()), (320, 160));
        }
    }
}

on_both! {
    async fn a_document_that_unpacks_to_much_is_kept_unread(engine) {
        let desk = Desk::open(engine).await;
        // Spaces are too many for one stream; operators are not, and become gigabytes when they are read.
        for content in [vec![b' '; 200 * 1024 * 1024], b"q ".repeat(15_000_000)] {
            let bomb = document(content);
            assert!(bomb.len() < 1024 * 1024);
            let asset = desk.asset("bomba.pdf", &bomb).await;
            assert_eq!((&asset["file"]["pageCount"], &asset["file"]["language"]), (&json!(1), &json!(null)));
        }
    }
}

on_both! {
    async fn what_office_programs_write_is_taken_in(engine) {
        let desk = Desk::open(engine).await;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/office");
        for (name, kind) in [
            ("word-order.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("openpyxl.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("python-pptx.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            ("libreoffice-order.odt", "application/vnd.oasis.opendocument.text"),
        ] {
            let bytes = std::fs::read(format!("{folder}/{name}")).unwrap();
            let asset = desk.published(name, &bytes).await;
            assert_eq!((&asset["file"]["mediaType"], &asset["file"]["name"]), (&json!(kind), &json!(name)));
            let file = &desk.read(&asset["id"], "file { url }").await["file"];
            assert_eq!(desk.bytes(file["url"].as_str().unwrap()).await, bytes);
        }
    }
}

on_both! {
    async fn a_document_that_cannot_be_read_is_kept_unread(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.asset("strano.pdf", b"%PDF-1.7\nnulla\nstartxref\n0\n%%EOF\n").await;
        assert_eq!((&asset["file"]["pageCount"], &asset["file"]["mediaType"]), (&json!(null), &json!("application/pdf")));
    }
}

on_both! {
    async fn a_document_that_ends_in_another_piece_is_seen_to_its_end(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let good = document(b"BT /F1 12 Tf (Modulo) Tj ET".to_vec());
        let zip = [&good[..], b"PK\x05\x06", &[0; 18]].concat();
        for (bytes, status) in [(good, 204), (zip, 422)] {
            let path = tus.begin("modulo.pdf", bytes.len()).await;
            // Its mark, or the record of the ZIP, is in two pieces.
            let (first, last) = bytes.split_at(bytes.len() - 3);
            assert_eq!(tus.patch(&path, 0, first).await.status(), 204);
            assert_eq!(tus.patch(&path, first.len(), last).await.status(), status);
        }
    }
}

/// A virus scanner that finds something in whatever says so; it speaks to this many clients.
async fn scanner(clients: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    scan_for(listener, clients);
    address
}

fn scan_for(listener: TcpListener, clients: usize) {
    actix_web::rt::spawn(async move {
        for _ in 0..clients {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut command = [0; 10];
            client.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut scanned = Vec::new();
            loop {
                let length = client.read_u32().await.unwrap();
                if length == 0 {
                    break;
                }
                let mut part = vec![0; usize::try_from(length).unwrap()];
                client.read_exact(&mut part).await.unwrap();
                scanned.extend(part);
            }
            let found = String::from_utf8_lossy(&scanned).contains("EICAR");
            let answer = if found {
                "stream: Eicar-Test FOUND\0"
            } else {
                "stream: OK\0"
            };
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    });
}

on_both! {
    async fn files_are_scanned_where_there_is_a_scanner(engine) {
        let address = scanner(2).await;
        let app = TestApp::configured(engine, true, |settings, _| settings.clamd = Some(address));
        let desk = Desk::of(app.await).await;
        desk.asset("pulito.txt", b"niente di male").await;
        assert_eq!(desk.refused("virus.txt", b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE").await, "FILE_INFECTED");
        // It has gone: what is not scanned is not taken in.
        assert_eq!(desk.refused("altro.txt", b"chi lo sa").await, "SCANNER_UNAVAILABLE");
        assert!(desk.kept("uploads").is_empty());
    }
}

on_both! {
    async fn what_is_too_long_for_the_scanner_is_refused_for_good(engine) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        actix_web::rt::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            // As clamd does above its StreamMaxLength, which is 25 MB when nobody sets it.
            client.read_exact(&mut [0; 1024]).await.unwrap();
            client.write_all(b"INSTREAM size limit exceeded. ERROR\0").await.unwrap();
            client.shutdown().await.unwrap();
            let _ = client.read_to_end(&mut Vec::new()).await;
        });
        let app = TestApp::configured(engine, true, |settings, _| settings.clamd = Some(address));
        let desk = Desk::of(app.await).await;
        let tus = Tus::of(&desk);
        let text = vec![b'a'; 2_000_000];
        let path = tus.begin("lungo.txt", text.len()).await;
        assert_eq!(tus.patch(&path, 0, &text).await.status(), 413);
        // It is gone, so that no client asks for it again and again.
        assert_eq!(tus.offset(&path).await, None);
        assert!(desk.kept("uploads").is_empty());
    }
}

on_both! {
    async fn what_could_not_be_looked_at_is_looked_at_when_asked_for(engine) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let app = TestApp::configured(engine, true, |settings, _| settings.clamd = Some(address.to_string()));
        let desk = Desk::of(app.await).await;
        let tus = Tus::of(&desk);
        let mut paths = Vec::new();
        for (name, text) in [("pulito.txt", b"niente"), ("virus.txt", b"EICAR!")] {
            let path = tus.begin(name, text.len()).await;
            assert_eq!(tus.patch(&path, 0, text).await.status(), 503);
            // It has arrived, and is told not to be taken in.
            let head = tus.send(Method::HEAD, &path, &[], b"").await;
            assert_eq!(head.status(), 503);
            assert_eq!(tus.asset(&path).await["userErrors"][0]["code"], "UPLOAD_NOT_READY");
            paths.push(path);
        }
        scan_for(TcpListener::bind(address).await.unwrap(), 2);
        assert_eq!(tus.offset(&paths[0]).await, Some(6));
        assert_eq!(tus.asset(&paths[0]).await["userErrors"], json!([]));
        let head = tus.send(Method::HEAD, &paths[1], &[], b"").await;
        assert_eq!(head.status(), 422);
        assert_eq!(tus.offset(&paths[1]).await, None);
        assert!(desk.kept("uploads").is_empty());
    }
}

#[actix_web::test]
async fn others_are_answered_while_hostile_files_arrive() {
    let desk = Desk::open(Engine::Sqlite).await;
    let bomb = document(vec![b' '; 100 * 1024 * 1024]);
    let gif = long_gif(900);
    let hostile = async {
        let sent = (0..4).map(|_| desk.send("bomba.pdf", &bomb));
        let more = (0..4).map(|_| desk.send("lunga.gif", &gif));
        join_all(sent).await;
        join_all(more).await;
    };
    let others = async {
        for _ in 0..20 {
            let asked = desk.app.data("{ services(first: 5) { nodes { title } } }");
            let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
            assert!(answer.is_ok(), "nobody else is answered");
        }
    };
    futures_util::future::join(hostile, others).await;
}
