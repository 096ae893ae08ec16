//! Files as assets: sent with a mutation, kept once, published like other content, used by it, replaced, and
//! private for those who may not see them.

use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use chrono::TimeDelta;
use futures_util::stream;
use municipio_domain::{
    identity::BuiltInRole,
    media::{Cleaning, Clock, ContentHash, GRACE, NewUpload, texts},
};
use municipio_tests::{
    media::{CREATE, Desk, document, jpeg, photograph, transparent_png},
    noon, on_both,
};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::media_tus::Tus;

on_both! {
    async fn a_file_becomes_an_asset_and_is_delivered(engine) {
        let desk = Desk::open(engine).await;
        let bytes = b"nome;valore\nacqua;1\n";
        let asset = desk.asset("dati acqua.CSV", bytes).await;
        // A draft is not delivered to everybody.
        assert_eq!(desk.read(&asset["id"], "id").await, Value::Null);
        let hash = asset["file"]["sha256"].as_str().unwrap();
        let unseen = format!("{}/media/{hash}/original/a.csv", desk.app.base);
        assert_eq!(desk.fetch(&unseen, &[]).await.status(), 404);
        desk.publish(&asset["id"]).await;
        let file = &desk.read(&asset["id"], "file { url name mediaType size sha256 }").await["file"];
        assert_eq!(file["name"], "dati acqua.csv");
        assert_eq!((&file["mediaType"], &file["size"]), (&json!("text/csv"), &json!(bytes.len())));
        let url = file["url"].as_str().unwrap();
        assert!(url.starts_with(&desk.app.base) && url.ends_with("/dati%20acqua.csv"), "{url}");
        let response = desk.fetch(url, &[]).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/csv");
        assert_eq!(header("content-disposition"), "attachment; filename=\"dati acqua.csv\"");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(header("cache-control"), "public, max-age=60");
        assert_eq!(response.bytes().await.unwrap().as_ref(), bytes);
    }
}

on_both! {
    async fn the_same_file_is_kept_once(engine) {
        let desk = Desk::open(engine).await;
        let before = desk.app.rows("media_blob").await;
        let first = desk.asset("uno.txt", b"lo stesso").await;
        let second = desk.asset("due.txt", b"lo stesso").await;
        assert_ne!(first["id"], second["id"]);
        assert_eq!(first["file"]["sha256"], second["file"]["sha256"]);
        assert_eq!(desk.app.rows("media_blob").await, before + 1);
    }
}

on_both! {
    async fn a_picture_needs_alternative_text_unless_it_is_decorative(engine) {
        let desk = Desk::open(engine).await;
        let create = CREATE.replace("alt: [{ locale: \"it\", value: \"Il lago\" }],", "");
        let operations = json!({ "query": create, "variables": { "file": null, "title": "Il lago" } });
        let made = desk.multipart(&operations, "lago.jpg", &jpeg(40, 30)).send().await.unwrap();
        let made: Value = made.json().await.unwrap();
        let id = &made["data"]["createContent"]["content"]["id"];
        let publish = "mutation($id: ID!) { publish(input: { id: $id }) { userErrors { code message } } }";
        let refused = desk.app.data_as(&desk.token, publish, json!({ "id": id })).await;
        let error = &refused["publish"]["userErrors"][0];
        assert_eq!(error["code"], "NOT_PUBLISHABLE");
        assert!(error["message"].as_str().unwrap().contains("alt (ALT_TEXT_MISSING)"), "{error}");
        let decorative = "mutation($id: ID!) { updateContent(input: { id: $id, content: { asset: { decorative: true } } }) {
            userErrors { code message } } }";
        let changed = desk.app.data_as(&desk.token, decorative, json!({ "id": id })).await;
        assert_eq!(changed["updateContent"]["userErrors"], json!([]));
        desk.publish(id).await;
    }
}

on_both! {
    async fn a_file_is_replaced_at_its_address(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("modulo.txt", b"prima edizione").await;
        let file = desk.read(&asset["id"], "file { url sha256 }").await["file"].clone();
        let url = file["url"].as_str().unwrap();
        let old = format!("{}/media/{}/original/modulo.txt", desk.app.base, file["sha256"].as_str().unwrap());
        assert_eq!(desk.bytes(&old).await, b"prima edizione");
        let replace = format!("mutation($file: Upload!) {{ updateContent(input: {{ id: {}, content: {{ asset: {{
            file: {{ upload: $file }} }} }} }}) {{ userErrors {{ code message }} }} }}", asset["id"]);
        let operations = json!({ "query": replace, "variables": { "file": null } });
        let answer = desk.multipart(&operations, "modulo.txt", b"seconda edizione").send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["data"]["updateContent"]["userErrors"], json!([]), "{answer:#}");
        assert_eq!(desk.bytes(url).await, b"prima edizione");
        desk.publish(&asset["id"]).await;
        assert_eq!(desk.bytes(url).await, b"seconda edizione");
        let now = desk.read(&asset["id"], "file { url }").await;
        assert_eq!(now["file"]["url"], url);
    }
}

on_both! {
    async fn content_uses_assets_and_assets_know_where(engine) {
        let desk = Desk::open(engine).await;
        let photograph = desk.asset("lago.jpg", &photograph(60, 40, 1)).await;
        let topic = "mutation($asset: ID!) { createContent(input: { content: { topic: {
            title: [{ locale: \"it\", value: \"Il lago\" }], shortDescription: [{ locale: \"it\", value: \"Sul lago\" }],
            image: { asset: $asset } } } }) { content { id } userErrors { code message path } } }";
        let made = desk.app.data_as(&desk.token, topic, json!({ "asset": photograph["id"] })).await;
        assert_eq!(made["createContent"]["userErrors"], json!([]), "{made:#}");
        let topic = made["createContent"]["content"]["id"].clone();
        desk.publish(&topic).await;
        let read = "query($id: ID!) { topic(by: { id: $id }) { image { url alt width height mediaType
            variant(preset: THUMBNAIL) { width height } asset { title } } } }";
        // A picture that is not public is not delivered, and is once it is.
        let shown = desk.app.ask(read, json!({ "id": topic })).await;
        assert_eq!(shown["data"]["topic"], json!({ "image": null }));
        desk.publish(&photograph["id"]).await;
        let shown = desk.app.ask(read, json!({ "id": topic })).await;
        let image = &shown["data"]["topic"]["image"];
        assert_eq!(image["alt"], "Il lago");
        assert_eq!((&image["width"], &image["height"]), (&json!(60), &json!(40)));
        assert_eq!(image["asset"]["title"], "lago.jpg");
        let used = desk.read(&photograph["id"], "topics { nodes { title } } services { totalCount }").await;
        assert_eq!(used, json!({ "topics": { "nodes": [{ "title": "Il lago" }] }, "services": { "totalCount": 0 } }));
        let both = "mutation($id: ID!, $asset: ID!) { updateContent(input: { id: $id, content: { topic: {
            image: { asset: $asset, url: \"https://www.comune.example/a.jpg\" } } } }) { userErrors { code path } } }";
        let refused = desk.app.data_as(&desk.token, both, json!({ "id": topic, "asset": photograph["id"] })).await;
        assert_eq!(refused["updateContent"]["userErrors"][0]["code"], "URL_OR_ASSET", "{refused:#}");
    }
}

on_both! {
    async fn pictures_in_formatted_text_are_assets(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.asset("lago.jpg", &photograph(60, 40, 1)).await;
        let id = asset["id"].as_str().unwrap();
        let forms = [
            json!({ "locale": "it", "markdown": format!("Ecco.\n\n![Il lago](item:{id})") }),
            json!({ "locale": "it", "html": format!("<p>Ecco.</p><img src=\"item:{id}\" alt=\"Il lago\">") }),
            json!({ "locale": "it", "blocks": [
                { "paragraph": { "content": [{ "text": { "text": "Ecco." } }] } },
                { "quote": { "blocks": [{ "image": { "url": format!("item:{id}"), "alt": "Il lago" } }] } },
            ] }),
        ];
        let mut pages = Vec::new();
        for form in forms {
            let create = "mutation($body: LocalizedRichTextInput!) { createContent(input: { content: { page: {
                title: [{ locale: \"it\", value: \"Pagina\" }], shortDescription: [{ locale: \"it\", value: \"Una pagina\" }],
                body: [$body] } } }) { content { id } userErrors { code message path } } }";
            let made = desk.app.data_as(&desk.token, create, json!({ "body": form })).await;
            assert_eq!(made["createContent"]["userErrors"], json!([]), "{made:#}");
            let page = made["createContent"]["content"]["id"].clone();
            desk.publish(&page).await;
            pages.push(page);
        }
        let read = async |page: &Value| {
            let query = "query($id: ID!) { page(by: { id: $id }) { body { html } } }";
            let mut shown = desk.app.ask(query, json!({ "id": page })).await;
            shown["data"]["page"]["body"]["html"].take().as_str().unwrap().to_owned()
        };
        // What is not public is not shown.
        for page in &pages {
            assert!(!read(page).await.contains("<img"));
        }
        desk.publish(&asset["id"]).await;
        let file = &desk.read(&asset["id"], "file { url } pages { totalCount }").await;
        assert_eq!(file["pages"]["totalCount"], 3);
        let url = file["file"]["url"].as_str().unwrap();
        for page in &pages {
            let html = read(page).await;
            assert!(html.contains(&format!("<img src=\"{url}\" alt=\"Il lago\">")), "{html}");
        }
        desk.bytes(url).await;
    }
}

on_both! {
    async fn a_private_file_is_for_callers_who_may_see_it_and_for_a_short_time(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.asset("riservato.txt", b"solo per l'ufficio").await;
        let private = "mutation($id: ID!) { updateContent(input: { id: $id, content: { asset: { access: PRIVATE } } }) {
            userErrors { code message } } }";
        desk.app.data_as(&desk.token, private, json!({ "id": asset["id"] })).await;
        desk.publish(&asset["id"]).await;
        let seen = desk.read(&asset["id"], "title access file { url }").await;
        assert_eq!((&seen["access"], &seen["file"]), (&json!("PRIVATE"), &Value::Null));
        let hash = asset["file"]["sha256"].as_str().unwrap();
        let plain = format!("{}/media/{hash}/original/riservato.txt", desk.app.base);
        assert_eq!(desk.fetch(&plain, &[]).await.status(), 404);
        let query = "query($id: ID!) { asset(by: { id: $id }) { file { url } } }";
        let seen = desk.app.data_as(&desk.token, query, json!({ "id": asset["id"] })).await;
        let url = seen["asset"]["file"]["url"].as_str().unwrap();
        let response = desk.fetch(url, &[]).await;
        assert_eq!(response.status(), 200, "{url}");
        assert_eq!(response.headers()["cache-control"], "private, no-store");
        assert_eq!(response.bytes().await.unwrap().as_ref(), b"solo per l'ufficio");
        let later = url.replace("expires=1", "expires=2");
        for wrong in [later, url.replace("signature=", "signature=A"), url.replace(hash, &"0".repeat(64))] {
            assert_eq!(desk.fetch(&wrong, &[]).await.status(), 403, "{wrong}");
        }
    }
}

on_both! {
    async fn an_editor_sees_the_pictures_of_drafts(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.asset("bozza.png", &transparent_png(20, 20)).await;
        let query = json!({ "query": format!("{{ asset(by: {{ id: {} }}) {{ image {{ url variant(preset: SMALL) {{ url }} }} }} }}", asset["id"]) });
        let post = desk.app.post().bearer_auth(&desk.token).header("municipio-perspective", "draft").json(&query);
        let answer: Value = post.send().await.unwrap().json().await.unwrap();
        let image = &answer["data"]["asset"]["image"];
        for url in [&image["url"], &image["variant"]["url"]] {
            let url = url.as_str().unwrap_or_else(|| panic!("{answer:#}"));
            assert_eq!(desk.fetch(url, &[]).await.status(), 200, "{url}");
            let (unsigned, _) = url.split_once('?').unwrap();
            assert_eq!(desk.fetch(unsigned, &[]).await.status(), 404, "{unsigned}");
        }
    }
}

on_both! {
    async fn files_are_sent_by_those_who_may(engine) {
        let desk = Desk::open(engine).await;
        let operations = json!({ "query": CREATE, "variables": { "file": null, "title": "x" } });
        let code = async |request: reqwest::RequestBuilder| -> (u16, Value) {
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap()["code"].clone())
        };
        let before = desk.app.rows("media_upload").await;
        let request = || desk.multipart(&operations, "a.txt", b"testo");
        let (client, request) = (&desk.app.client, request().build().unwrap());
        let without = |header: &str| {
            let mut request = request.try_clone().unwrap();
            request.headers_mut().remove(header);
            reqwest::RequestBuilder::from_parts(client.clone(), request)
        };
        assert_eq!(code(without("graphql-require-preflight")).await, (400, json!("PREFLIGHT_MISSING")));
        assert_eq!(code(without("authorization")).await, (401, json!("UNAUTHENTICATED")));
        let viewer = desk.app.signed_in(BuiltInRole::Integrator).await;
        let refused = without("authorization").bearer_auth(viewer);
        assert_eq!(code(refused).await, (403, json!("FORBIDDEN")));
        assert_eq!(desk.app.rows("media_upload").await, before);
    }
}

on_both! {
    async fn nobody_uses_the_upload_of_somebody_else(engine) {
        let desk = Desk::open(engine).await;
        let tus = Tus::of(&desk);
        let path = tus.begin("mio.txt", 3).await;
        assert_eq!(tus.patch(&path, 0, b"mio").await.status(), 204);
        let other = desk.app.signed_in(BuiltInRole::Editor).await;
        let theirs = Tus { token: &other, ..Tus::of(&desk) };
        assert_eq!(theirs.asset(&path).await["userErrors"][0]["code"], "UPLOAD_NOT_FOUND");
        // The one who sent it makes an asset of it, and another.
        for _ in 0..2 {
            let made = tus.asset(&path).await;
            assert_eq!(made["content"]["file"]["sha256"], ContentHash::of_bytes(b"mio").as_str(), "{made:#}");
        }
    }
}

on_both! {
    async fn the_same_bytes_under_two_names_are_two_assets_that_can_be_copied(engine) {
        let desk = Desk::open(engine).await;
        let text = desk.asset("dati.txt", b"a;b\n1;2\n").await;
        let table = desk.asset("dati.csv", b"a;b\n1;2\n").await;
        assert_eq!(text["file"]["sha256"], table["file"]["sha256"]);
        assert_eq!((&text["file"]["mediaType"], &table["file"]["mediaType"]), (&json!("text/plain"), &json!("text/csv")));
        let copy = "mutation($id: ID!) { duplicate(input: { id: $id }) { userErrors { code message } } }";
        for asset in [text, table] {
            let done = desk.app.data_as(&desk.token, copy, json!({ "id": asset["id"] })).await;
            assert_eq!(done["duplicate"]["userErrors"], json!([]), "{done:#}");
        }
    }
}

on_both! {
    async fn files_are_found_where_the_host_names_no_municipality(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("modulo.txt", b"testo").await;
        desk.app.tenant("c_x001", "www.x001.example").await;
        let query = "query($id: ID!) { asset(by: { id: $id }) { file { url sha256 } } }";
        let variables = json!({ "id": asset["id"] });
        // For some seconds it is remembered that there was one municipality.
        let file = loop {
            let post = desk.app.post().header("municipio-tenant", "c_m999");
            let post = post.json(&json!({ "query": query, "variables": variables }));
            let answer: Value = post.send().await.unwrap().json().await.unwrap();
            let file = answer["data"]["asset"]["file"].clone();
            let url = file["url"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
            if url.contains("/tenants/c_m999/media/") {
                break file;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        };
        let url = file["url"].as_str().unwrap();
        // A page that shows it sends no header.
        assert_eq!(desk.bytes(url).await, b"testo");
        let hash = file["sha256"].as_str().unwrap();
        let address = |code: &str| format!("{}/tenants/{code}/media/{hash}/original/modulo.txt", desk.app.base);
        assert_eq!(desk.bytes(&address("c_m999")).await, b"testo");
        assert_eq!(desk.fetch(&address("c_x001"), &[]).await.status(), 404);
        assert_eq!(desk.fetch(&address("c_x009"), &[]).await.status(), 404);
    }
}

on_both! {
    async fn the_record_of_a_moment_has_the_file_of_that_moment(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("modulo.txt", b"prima edizione").await;
        let moment = municipio_tests::now();
        let replace = format!("mutation($file: Upload!) {{ updateContent(input: {{ id: {}, content: {{ asset: {{
            file: {{ upload: $file }} }} }} }}) {{ userErrors {{ code message }} }} }}", asset["id"]);
        let operations = json!({ "query": replace, "variables": { "file": null } });
        desk.multipart(&operations, "modulo.txt", b"seconda edizione").send().await.unwrap();
        desk.publish(&asset["id"]).await;
        let as_of = format!("as-of={}", moment.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
        let url = async |token: Option<&str>| {
            let seen = desk.look(token, &as_of, &asset["id"], "file { url }").await;
            seen["file"]["url"].as_str().unwrap_or_else(|| panic!("{seen:#}")).to_owned()
        };
        assert_eq!(desk.bytes(&url(Some(&desk.token)).await).await, b"prima edizione");
        // Everybody reads that there was one, and gets what is everybody's today.
        assert_eq!(desk.fetch(&url(None).await, &[]).await.status(), 404);
    }
}

on_both! {
    async fn files_of_a_request_that_is_refused_are_forgotten(engine) {
        let desk = Desk::open(engine).await;
        let variables = json!({ "first": null, "file": null });
        let operations = json!({ "query": "mutation($first: Upload, $file: Upload) { a: __typename }", "variables": variables });
        let request = desk.multipart(&operations, "programma.exe", b"MZ\x90\0\x03").build().unwrap();
        let body = request.body().unwrap().as_bytes().unwrap();
        let body = String::from_utf8_lossy(body).replace(
            r#"{"0":["variables.file"]}"#,
            r#"{"1":["variables.first"],"0":["variables.file"]}"#,
        );
        let file = "Content-Disposition: form-data; name=\"0\"";
        let (before, after) = body.split_once(file).unwrap();
        let boundary = body.lines().next().unwrap();
        let first = "Content-Disposition: form-data; name=\"1\"; filename=\"a.txt\"\r\n\r\ntesto";
        let body = format!("{before}{first}\r\n{boundary}\r\n{file}{after}");
        let request = reqwest::RequestBuilder::from_parts(desk.app.client.clone(), request).body(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["code"], "FILE_TYPE_REFUSED", "{answer:#}");
        desk.has_no_uploads().await;
    }
}

on_both! {
    async fn files_are_no_uploads_once_their_mutation_is_answered(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("modulo.txt", b"testo").await;
        desk.has_no_uploads().await;
        let file = desk.read(&asset["id"], "file { url }").await["file"].clone();
        assert_eq!(desk.bytes(file["url"].as_str().unwrap()).await, b"testo");
        // One that is refused takes the files of the request with it.
        let wrong = CREATE.replace("title: [{ locale: \"it\"", "title: [{ locale: \"zz\"");
        let operations = json!({ "query": wrong, "variables": { "file": null, "title": "x" } });
        let answer: Value = desk.multipart(&operations, "a.txt", b"altro").send().await.unwrap().json().await.unwrap();
        let errors = &answer["data"]["createContent"]["userErrors"];
        assert!(errors.as_array().is_some_and(|errors| !errors.is_empty()), "{answer:#}");
        desk.has_no_uploads().await;
    }
}

on_both! {
    async fn files_of_a_request_that_is_cut_are_forgotten(engine) {
        let desk = Desk::open(engine).await;
        let variables = json!({ "file": null, "second": null });
        let operations = json!({ "query": "mutation($file: Upload, $second: Upload) { a: __typename }", "variables": variables });
        let request = desk.multipart(&operations, "a.txt", b"testo").build().unwrap();
        let body = String::from_utf8_lossy(request.body().unwrap().as_bytes().unwrap()).replace(
            r#"{"0":["variables.file"]}"#,
            r#"{"0":["variables.file"],"1":["variables.second"]}"#,
        );
        let boundary = body.lines().next().unwrap().to_owned();
        let end = format!("{boundary}--\r\n");
        // The first file is there, the second is to come, and the connection is reset.
        let second = "Content-Disposition: form-data; name=\"1\"; filename=\"b.txt\"\r\n\r\ntes";
        let body = format!("{}{boundary}\r\n{second}", body.strip_suffix(&end).unwrap());
        let address = desk.app.base.trim_start_matches("http://");
        let mut head = format!("POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n", body.len() + 1_000);
        for name in ["authorization", "content-type", "graphql-require-preflight"] {
            head += &format!("{name}: {}\r\n", request.headers()[name].to_str().unwrap());
        }
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let start = Instant::now();
        while desk.app.rows("media_upload").await < 2 {
            assert!(start.elapsed() < Duration::from_secs(10));
            actix_web::rt::task::yield_now().await;
        }
        connection.set_zero_linger().unwrap();
        drop(connection);
        desk.has_no_uploads().await;
    }
}

on_both! {
    async fn a_document_that_was_not_read_is_read_when_it_is_sent_again(engine) {
        let desk = Desk::open(engine).await;
        let tenant = desk.app.demo_tenant().await;
        let media = desk.app.media.of(desk.app.database.tenant(tenant.id));
        let bytes = document(b"BT /F1 12 Tf (Modulo) Tj ET".to_vec());
        let send = async || {
            let new = NewUpload { author: "a".to_owned(), name: "modulo.pdf".to_owned(), length: None };
            let bytes = stream::iter([Ok(Bytes::from(bytes.clone()))]);
            media.receive(new, bytes, municipio_tests::now).await.unwrap().facts.unwrap()
        };
        let facts = send().await;
        assert!(facts.pages.is_some());
        let forget = "UPDATE media_blob SET text = NULL WHERE text = 'Modulo'";
        let administrator = desk.app.administrator().await;
        use sea_orm::ConnectionTrait;
        assert_eq!(administrator.execute_unprepared(forget).await.unwrap().rows_affected(), 1);
        let store = desk.app.database.tenant(tenant.id);
        let hashes = [facts.sha256.clone()];
        assert!(texts(&store, &hashes).await.unwrap().is_empty());
        send().await;
        assert_eq!(texts(&store, &hashes).await.unwrap()[&facts.sha256], "Modulo");
    }
}

on_both! {
    async fn what_nobody_uploaded_lately_is_kept_anew(engine) {
        let desk = Desk::open(engine).await;
        let tenant = desk.app.demo_tenant().await;
        let media = desk.app.media.of(desk.app.database.tenant(tenant.id));
        let send = async |clock: Clock| {
            let new = NewUpload { author: "a".to_owned(), name: "a.txt".to_owned(), length: None };
            let bytes = stream::iter([Ok(Bytes::from_static(b"testo"))]);
            media.receive(new, bytes, clock).await.unwrap()
        };
        let facts = send(noon).await.facts.unwrap();
        let kept = desk.app.media_folder().join(tenant.id.to_string()).join("blobs").join(facts.sha256.as_str());
        // As if it were about to be removed: what is there now does not count.
        std::fs::write(&kept, "tra poco non ci sono").unwrap();
        send(noon).await;
        assert_ne!(std::fs::read(&kept).unwrap(), b"testo");
        send(|| noon() + TimeDelta::days(2)).await;
        assert_eq!(std::fs::read(&kept).unwrap(), b"testo");
    }
}

on_both! {
    async fn what_belongs_to_nothing_is_removed_and_leaves_no_row(engine) {
        let desk = Desk::open(engine).await;
        desk.published("usato.txt", b"usato").await;
        let tenant = desk.app.demo_tenant().await;
        let folder = desk.app.media_folder().join(tenant.id.to_string()).join("blobs");
        let hash = ContentHash::of_bytes(b"di nessuno").to_string();
        // A file without a row, and one that a killed process was writing.
        for name in [hash.clone(), format!("{hash}#1")] {
            std::fs::write(folder.join(name), b"di nessuno").unwrap();
        }
        let (rows, kept) = (desk.app.rows("media_blob").await, desk.kept("blobs").len());
        let media = desk.app.media.of(desk.app.database.tenant(tenant.id));
        let mut cleaning = Cleaning { grace: GRACE, strays: true, dry_run: true };
        let later = municipio_tests::now() + chrono::TimeDelta::days(2);
        for left in [kept, kept - 2] {
            let cleaned = media.clean(&cleaning, later).await.unwrap();
            assert_eq!((cleaned.strays, cleaned.files), (2, 0));
            assert_eq!(desk.kept("blobs").len(), left);
            cleaning.dry_run = false;
        }
        assert_eq!(desk.app.rows("media_blob").await, rows);
    }
}

on_both! {
    async fn variants_of_long_ago_are_removed_and_made_again(engine) {
        let desk = Desk::open(engine).await;
        let asset = desk.published("foto.jpg", &jpeg(200, 100)).await;
        let image = &desk.read(&asset["id"], "image { variant(preset: THUMBNAIL) { url } }").await["image"];
        let url = image["variant"]["url"].as_str().unwrap();
        let made = desk.bytes(url).await;
        assert_eq!(desk.made().await, 1);
        let tenant = desk.app.demo_tenant().await;
        let media = desk.app.media.of(desk.app.database.tenant(tenant.id));
        let cleaning = Cleaning { grace: TimeDelta::days(1_000), strays: true, dry_run: false };
        for (days, left) in [(89, 1), (91, 0)] {
            let cleaned = media.clean(&cleaning, municipio_tests::now() + TimeDelta::days(days)).await.unwrap();
            assert_eq!((cleaned.variants, desk.made().await), (1 - left, left));
        }
        assert_eq!(desk.bytes(url).await, made);
    }
}

on_both! {
    async fn what_nothing_needs_is_not_missing(engine) {
        let desk = Desk::open(engine).await;
        let used = desk.asset("usato.txt", b"usato").await;
        let tus = Tus::of(&desk);
        let path = tus.begin("caricato.txt", 8).await;
        assert_eq!(tus.patch(&path, 0, b"caricato").await.status(), 204);
        // As after a stop between the row and the bytes: no upload has it, because that comes last.
        desk.asset("interrotto.txt", b"interrotto").await;
        while desk.app.rows("media_upload").await > 1 {
            actix_web::rt::task::yield_now().await;
        }
        let administrator = desk.app.administrator().await;
        use sea_orm::ConnectionTrait;
        let interrupted = ContentHash::of_bytes(b"interrotto");
        let forget = format!("DELETE FROM media_use WHERE sha256 = '{interrupted}'");
        assert_eq!(administrator.execute_unprepared(&forget).await.unwrap().rows_affected(), 1);
        let tenant = desk.app.demo_tenant().await;
        let media = desk.app.media.of(desk.app.database.tenant(tenant.id));
        let blobs = desk.app.media_folder().join(tenant.id.to_string()).join("blobs");
        let hashes = [b"usato".as_slice(), b"caricato", b"interrotto"].map(ContentHash::of_bytes);
        for hash in &hashes {
            std::fs::remove_file(blobs.join(hash.as_str())).unwrap();
        }
        assert_eq!(used["file"]["sha256"], hashes[0].as_str());
        let known = media.known().await.unwrap();
        let mut missing = media.verify(&known, |_| ()).await.unwrap().missing;
        let mut lost = hashes[..2].to_vec();
        missing.sort();
        lost.sort();
        assert_eq!(missing, lost);
    }
}
