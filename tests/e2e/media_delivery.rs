//! How files and pictures are delivered: variants in the form that the client accepts, conditional and in ranges,
//! sizes of one's own by signed addresses.

use std::time::{Duration, Instant};

use chrono::SecondsFormat;
use futures_util::future::join_all;
use image::{GenericImageView, ImageFormat};
use municipio_tests::{
    Engine,
    media::{Desk, jpeg, photograph, transparent_png},
    now, on_both,
};
use serde_json::{Value, json};

use crate::media_hostile::long_gif;

on_both! {
    async fn pictures_lose_their_metadata_and_keep_their_pixels(engine) {
        let desk = Desk::open(engine).await;
        let sent = photograph(80, 40, 6);
        let asset = desk.published("foto.jpg", &sent).await;
        let image = &desk.read(&asset["id"], "image { url width height placeholder mediaType }").await["image"];
        // It was taken with the camera held upright.
        assert_eq!((&image["width"], &image["height"]), (&json!(40), &json!(80)));
        assert!(image["placeholder"].as_str().unwrap().len() > 20);
        let kept = desk.bytes(image["url"].as_str().unwrap()).await;
        assert!(!String::from_utf8_lossy(&kept).contains("SECRET"), "metadata is delivered");
        assert!(String::from_utf8_lossy(&sent).contains("SECRET-PLACE"));
        let (before, after) = (image::load_from_memory(&sent).unwrap(), image::load_from_memory(&kept).unwrap());
        assert_eq!(before.as_bytes(), after.as_bytes());
    }
}

on_both! {
    async fn variants_come_in_the_form_that_the_client_accepts(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("foto.jpg", &photograph(900, 600, 6)).await;
        let fields = "image { srcset card: variant(preset: CARD) { url width height } }";
        let image = &desk.read(&asset["id"], fields).await["image"];
        let card = &image["card"];
        assert_eq!((&card["width"], &card["height"]), (&json!(480), &json!(320)));
        let url = card["url"].as_str().unwrap();
        for (accept, media_type, format) in [
            ("image/avif,image/webp,*/*", "image/webp", ImageFormat::WebP),
            ("*/*", "image/jpeg", ImageFormat::Jpeg),
        ] {
            let response = desk.fetch(url, &[("accept", accept)]).await;
            assert_eq!(response.headers()["content-type"], media_type);
            let vary = response.headers().get_all("vary");
            assert!(vary.iter().any(|names| names.to_str().unwrap().split(", ").any(|name| name == "Accept")));
            assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
            let bytes = response.bytes().await.unwrap();
            let shown = image::load_from_memory_with_format(&bytes, format).unwrap();
            assert_eq!(shown.dimensions(), (480, 320));
            // Turned: what was at the left is at the top, and the picture is dark there in its first colour.
            let (top, bottom) = (shown.get_pixel(240, 5), shown.get_pixel(240, 314));
            assert!(top[0] + 60 < bottom[0], "{top:?} {bottom:?}");
        }
        let srcset = image["srcset"].as_str().unwrap();
        let widths: Vec<_> = srcset.split(", ").map(|one| one.rsplit(' ').next().unwrap()).collect();
        // It is never made larger than it is.
        assert_eq!(widths, ["320w", "600w"]);
        for one in srcset.split(", ") {
            desk.bytes(one.split(' ').next().unwrap()).await;
        }
    }
}

on_both! {
    async fn one_can_see_through_variants_of_what_one_can_see_through(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("stemma.png", &transparent_png(200, 200)).await;
        let image = &desk.read(&asset["id"], "image { variant(preset: THUMBNAIL) { url } }").await["image"];
        let url = image["variant"]["url"].as_str().unwrap();
        let response = desk.fetch(url, &[("accept", "*/*")]).await;
        assert_eq!(response.headers()["content-type"], "image/png");
        let shown = image::load_from_memory(&response.bytes().await.unwrap()).unwrap();
        assert!(shown.get_pixel(2, 80)[3] < 20 && shown.get_pixel(157, 80)[3] > 235);
        let response = desk.fetch(url, &[("accept", "image/webp")]).await;
        let shown = image::load_from_memory(&response.bytes().await.unwrap()).unwrap();
        assert!(shown.get_pixel(2, 80)[3] < 20);
    }
}

on_both! {
    async fn answers_are_conditional_and_come_in_ranges(engine) {
        let desk = Desk::open(engine).await;
        let text: Vec<u8> = (0..200_000_u32).map(|number| b'a' + (number % 26) as u8).collect();
        let asset = desk.published("lungo.txt", &text).await;
        let file = desk.read(&asset["id"], "file { url sha256 }").await["file"].clone();
        let stable = file["url"].as_str().unwrap();
        let immutable = format!("{}/media/{}/original/lungo.txt", desk.app.base, file["sha256"].as_str().unwrap());
        for url in [stable, &immutable] {
            let whole = desk.fetch(url, &[("accept-encoding", "br, gzip")]).await;
            let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
            assert_eq!(whole.headers()["accept-ranges"], "bytes");
            assert_eq!(whole.bytes().await.unwrap(), text);
            let unchanged = desk.fetch(url, &[("if-none-match", &tag)]).await;
            assert_eq!((unchanged.status().as_u16(), unchanged.headers()["etag"].to_str().unwrap()), (304, tag.as_str()));
            let part = desk.fetch(url, &[("range", "bytes=100000-100009"), ("if-range", &tag)]).await;
            assert_eq!(part.status(), 206);
            assert_eq!(part.headers()["content-range"], "bytes 100000-100009/200000");
            assert_eq!(part.bytes().await.unwrap(), text[100_000..100_010]);
            let outside = desk.fetch(url, &[("range", "bytes=200000-")]).await;
            assert_eq!((outside.status().as_u16(), outside.headers()["content-range"].to_str().unwrap()), (416, "bytes */200000"));
            let changed = desk.fetch(url, &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await;
            assert_eq!(changed.status(), 200);
            assert_eq!(outside.headers()["cache-control"], "private, no-store");
            let meant = desk.fetch(url, &[("if-match", "\"other\"")]).await;
            assert_eq!(meant.status(), 412);
            let head = desk.app.client.head(url).header("range", "bytes=0-9").send().await.unwrap();
            assert_eq!(head.status(), 200);
            let head = desk.app.client.head(url).send().await.unwrap();
            assert_eq!((head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()), (200, "200000"));
        }
        // It has no name but one that files of its kind may have.
        for name in ["programma.exe", "lungo.txt%0A", "a%2Fb.txt"] {
            assert_eq!(desk.fetch(&immutable.replace("lungo.txt", name), &[]).await.status(), 404, "{name}");
        }
        let post = desk.app.client.post(stable).send().await.unwrap();
        assert_eq!((post.status().as_u16(), post.headers()["allow"].to_str().unwrap()), (405, "GET, HEAD"));
    }
}

on_both! {
    async fn the_same_bytes_are_delivered_under_the_names_of_several_kinds(engine) {
        let desk = Desk::open(engine).await;
        let text = b"nome;importo\nMensa;12\n";
        desk.published("dati.txt", text).await;
        let asset = desk.asset("dati.csv", text).await;
        // A draft, by its signed address; published, by the one at which nothing changes.
        let seen = desk.look(Some(&desk.token), "draft", &asset["id"], "file { url mediaType }").await;
        assert_eq!(seen["file"]["mediaType"], "text/csv");
        let response = desk.fetch(seen["file"]["url"].as_str().unwrap(), &[]).await;
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, "text/csv"));
        desk.publish(&asset["id"]).await;
        let hash = asset["file"]["sha256"].as_str().unwrap();
        for (name, media_type) in [("dati.csv", "text/csv"), ("dati.txt", "text/plain")] {
            let url = format!("{}/media/{hash}/original/{name}", desk.app.base);
            let response = desk.fetch(&url, &[]).await;
            assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, media_type));
        }
    }
}

on_both! {
    async fn sizes_of_ones_own_need_a_signature(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("foto.jpg", &jpeg(300, 200)).await;
        let id = &asset["id"];
        let query = "query($id: ID!) { asset(by: { id: $id }) { image { resized(width: 90, height: 90, quality: 60) { url width height } } } }";
        let refused = desk.app.refused(query, json!({ "id": id })).await;
        assert_eq!(refused.parts(), ("UNAUTHENTICATED", "", "asset.image.resized"));
        let made = desk.app.data_as(&desk.token, query, json!({ "id": id })).await;
        let resized = &made["asset"]["image"]["resized"];
        assert_eq!((&resized["width"], &resized["height"]), (&json!(90), &json!(90)));
        let url = resized["url"].as_str().unwrap();
        // Whoever has the address may use it.
        let shown = image::load_from_memory(&desk.bytes(url).await).unwrap();
        assert_eq!(shown.dimensions(), (90, 90));
        let (unsigned, _) = url.split_once('?').unwrap();
        assert_eq!(desk.fetch(unsigned, &[]).await.status(), 404);
        let other = url.replace("90x90", "91x90");
        assert_eq!(desk.fetch(&other, &[]).await.status(), 403);
        // A point around which no published picture is cut.
        let point = unsigned.replace("90x90-cover-q60", "card@1,2");
        assert_eq!(desk.fetch(&point, &[]).await.status(), 404);
    }
}

on_both! {
    async fn pictures_are_cut_around_their_focal_point(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.asset("largo.jpg", &jpeg(600, 100)).await;
        let focus = "mutation($id: ID!) { updateContent(input: { id: $id, content: { asset: { focalPoint: { x: 100, y: 50 } } } }) {
            userErrors { code message } } }";
        let done = desk.app.data_as(&desk.token, focus, json!({ "id": asset["id"] })).await;
        assert_eq!(done["updateContent"]["userErrors"], json!([]));
        desk.publish(&asset["id"]).await;
        let image = &desk.read(&asset["id"], "image { focalPoint { x y } variant(preset: THUMBNAIL) { url } }").await["image"];
        assert_eq!(image["focalPoint"], json!({ "x": 100, "y": 50 }));
        let url = image["variant"]["url"].as_str().unwrap();
        let shown = image::load_from_memory(&desk.bytes(url).await).unwrap();
        // The right end of the picture.
        assert!(shown.get_pixel(shown.width() - 3, 50)[0] > 240);
        assert!(shown.get_pixel(3, 50)[0] > 200);
    }
}

on_both! {
    async fn an_animation_tells_its_frames_and_its_variants_are_still(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("anima.gif", &long_gif(3)).await;
        let image = &desk.read(&asset["id"], "image { frames url variant(preset: THUMBNAIL) { url } }").await["image"];
        assert_eq!(image["frames"], 3);
        let whole = desk.bytes(image["url"].as_str().unwrap()).await;
        let frames = |bytes: &[u8]| bytes.windows(2).filter(|bytes| bytes == b"\x2c\0").count();
        assert_eq!(frames(&whole), 3);
        let variant = desk.fetch(image["variant"]["url"].as_str().unwrap(), &[("accept", "image/webp")]).await;
        let variant = variant.bytes().await.unwrap();
        assert!(!variant.windows(4).any(|name| name == b"ANMF"));
    }
}

on_both! {
    async fn what_many_ask_for_at_once_is_made_once(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("foto.jpg", &jpeg(1200, 900)).await;
        let image = &desk.read(&asset["id"], "image { variant(preset: LARGE) { url } }").await["image"];
        let url = image["variant"]["url"].as_str().unwrap();
        // Some go away before they are answered; what was begun for them goes on.
        let gone = (0..5).map(|_| tokio::time::timeout(Duration::from_millis(5), desk.fetch(url, &[])));
        join_all(gone).await;
        let asked = (0..20).map(|_| desk.bytes(url));
        let answers = join_all(asked).await;
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!((desk.made().await, desk.app.media.variants_made()), (1, 1));
    }
}

on_both! {
    async fn the_record_shows_files_to_everybody_only_while_they_are_public(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("foto.jpg", &jpeg(600, 100)).await;
        let id = &asset["id"];
        let then = format!("as-of={}", now().to_rfc3339_opts(SecondsFormat::Micros, true));
        // It is cut around another point by now, and still everybody's.
        let change = async |content: Value| {
            let mutation = "mutation($id: ID!, $content: ContentInput!) { updateContent(input: { id: $id, content: $content }) { userErrors { code message } } }";
            let done = desk.app.data_as(&desk.token, mutation, json!({ "id": id, "content": { "asset": content } })).await;
            assert_eq!(done["updateContent"]["userErrors"], json!([]), "{done:#}");
            desk.publish(id).await;
        };
        change(json!({ "focalPoint": { "x": 100, "y": 50 } })).await;
        let addresses = async |token: Option<&str>| {
            let seen = desk.look(token, &then, id, "file { url } image { url variant(preset: THUMBNAIL) { url } }").await;
            let found = [&seen["file"]["url"], &seen["image"]["url"], &seen["image"]["variant"]["url"]];
            found.map(|url| url.as_str().unwrap_or_else(|| panic!("{seen:#}")).to_owned())
        };
        let statuses = async |urls: &[String; 3]| {
            let answers = join_all(urls.iter().map(|url| desk.fetch(url, &[]))).await;
            answers.iter().map(|answer| answer.status().as_u16()).collect::<Vec<_>>()
        };
        let of_everybody = addresses(None).await;
        assert_eq!(statuses(&of_everybody).await, [200; 3]);
        change(json!({ "access": "PRIVATE" })).await;
        // It is taken for granted for three seconds that everybody may see a file.
        let start = Instant::now();
        while statuses(&of_everybody).await != [404; 3] {
            assert!(start.elapsed() < Duration::from_secs(10));
            actix_web::rt::task::yield_now().await;
        }
        assert_eq!(statuses(&addresses(None).await).await, [404; 3]);
        assert_eq!(statuses(&addresses(Some(&desk.token)).await).await, [200; 3]);
    }
}

/// With the feature `avif` alone, whose encoder takes minutes to build.
#[cfg(feature = "avif")]
#[actix_web::test]
async fn avif_is_prepared_and_delivered_once_it_is_there() {
    let desk = Desk::open(Engine::Sqlite).await;
    let asset = desk.published("foto.jpg", &jpeg(300, 200)).await;
    let fields = "image { variant(preset: THUMBNAIL) { url } }";
    let image = &desk.read(&asset["id"], fields).await["image"];
    let url = image["variant"]["url"].as_str().unwrap();
    let accept = [("accept", "image/avif,image/webp,*/*")];
    let start = Instant::now();
    let mut before = 0;
    let made = loop {
        let response = desk.fetch(url, &accept).await;
        assert_eq!(response.status(), 200);
        match response.headers()["content-type"].to_str().unwrap() {
            "image/avif" => break response.bytes().await.unwrap(),
            // What takes its place is delivered meanwhile.
            other => assert_eq!(other, "image/webp"),
        }
        before += 1;
        assert!(start.elapsed() < Duration::from_secs(120));
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(before > 0 && &made[4..12] == b"ftypavif");
    let other = desk.fetch(url, &[("accept", "image/webp")]).await;
    assert_eq!(other.headers()["content-type"], "image/webp");
}

#[actix_web::test]
async fn what_is_taken_off_the_site_is_not_delivered() {
    let desk = Desk::open(Engine::Sqlite).await;
    let asset = desk.published("ritirato.txt", b"testo").await;
    let file = desk.read(&asset["id"], "file { url sha256 }").await["file"].clone();
    let unpublish = "mutation($id: ID!) { unpublish(input: { id: $id }) { userErrors { code } } }";
    desk.app
        .data_as(&desk.token, unpublish, json!({ "id": asset["id"] }))
        .await;
    assert_eq!(
        desk.fetch(file["url"].as_str().unwrap(), &[])
            .await
            .status(),
        404
    );
    let immutable = format!(
        "{}/media/{}/original/a.txt",
        desk.app.base,
        file["sha256"].as_str().unwrap()
    );
    assert_eq!(desk.fetch(&immutable, &[]).await.status(), 404);
}
