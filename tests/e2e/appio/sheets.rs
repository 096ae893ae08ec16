//! Services of the catalogue as App IO shows them: made or found there, reviewed, released, changed here and elsewhere, and
//! taken off.

use std::time::Duration;

use chrono::TimeDelta;
use municipio_domain::{content::ContentType, ids::ItemId};
use municipio_integrations::appio::double::{Conduct, Faults};
use municipio_tests::{
    media::{encoded, picture},
    now, on_both,
    story::{Basics, column, global_id, with},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::story::{MANAGE_KEY, Story};
use crate::cases::story::wrong;

/// The fiscal code of the body.
const CODE: &str = "80012345676";
const SHEET: &str = "id serviceId ioServiceId topicId isReleased lifecycle reason publication isPending isReleaseDue keepsTheirs problem drift { field ours theirs }";

/// A double that reviews when it is told to.
fn patient() -> Conduct {
    Conduct {
        calls: None,
        fresh_services: Duration::ZERO,
        review_after: None,
        ..Conduct::default()
    }
}

/// A municipality with a service that could be shown.
struct Office {
    story: Story,
    basics: Basics,
    service: ItemId,
}

impl Office {
    async fn begin(engine: municipio_tests::Engine, conduct: Conduct) -> Self {
        let story = Story::begin(engine, conduct).await;
        // IO takes no service of a body without a fiscal code.
        let database = story.cases.app.administrator().await;
        let code = format!("UPDATE tenant SET fiscal_code = '{CODE}'");
        database.execute_unprepared(&code).await.unwrap();
        let editor = &story.cases.editor;
        let basics = editor.basics().await;
        let municipality = json!({ "title": "Comune di Prova", "region": "Lombardia", "privacy_url": "https://www.x001.example/privacy" });
        editor
            .published(ContentType::Municipality, municipality)
            .await;
        let body = basics.service("Mensa scolastica");
        let service = editor.published(ContentType::Service, body).await;
        Self {
            story,
            basics,
            service,
        }
    }

    async fn link(&self, more: Value) -> Value {
        let input = json!({ "service": global_id(ContentType::Service, self.service), "settings": { "topicId": 6, "logo": "NONE" } });
        let linked = self
            .story
            .mutate(
                "linkAppIoSheet",
                &format!("sheet {{ {SHEET} }}"),
                with(input, more),
            )
            .await;
        assert_eq!(linked["userErrors"], json!([]), "{linked:#}");
        linked["sheet"].clone()
    }

    /// The only sheet.
    async fn sheet(&self) -> Value {
        let query = format!("{{ appIoSheets {{ nodes {{ {SHEET} }} }} }}");
        let asked = self
            .story
            .cases
            .ask(&self.story.cases.chief, &query, json!({}));
        asked.await["appIoSheets"]["nodes"][0].clone()
    }

    /// The sheet, once it looks like this; a day goes by in steps meanwhile, and what is due is done.
    async fn until(&self, wanted: Value) -> Value {
        let mut moment = now();
        let mut sheet = Value::Null;
        for _ in 0..60 {
            self.story.run(moment).await;
            sheet = self.sheet().await;
            let fields = wanted.as_object().unwrap();
            if fields.iter().all(|(field, value)| sheet[field] == *value) {
                return sheet;
            }
            moment += TimeDelta::minutes(61);
        }
        panic!("it did not become {wanted}: {sheet:#}");
    }

    async fn rewrite(&self, more: Value) {
        let editor = &self.story.cases.editor;
        let body = with(self.basics.service("Mensa scolastica"), more);
        editor
            .rewrite(self.service, ContentType::Service, body)
            .await
            .unwrap();
        editor.publish(self.service).await.unwrap();
    }

    /// What stands at IO of the sheet.
    fn at_io(&self, sheet: &Value) -> Value {
        let services = self.story.double.managed();
        let found = services
            .into_iter()
            .find(|service| service["id"] == sheet["ioServiceId"]);
        found.unwrap_or_else(|| panic!("{sheet:#}"))
    }

    /// The service is shown.
    async fn shown(&self, more: Value) -> Value {
        self.link(more).await;
        let sheet = self.until(json!({ "lifecycle": "SUBMITTED" })).await;
        self.story
            .double
            .review(sheet["ioServiceId"].as_str().unwrap(), None);
        self.until(
            json!({ "publication": "PUBLISHED", "lifecycle": "APPROVED", "isReleaseDue": false }),
        )
        .await
    }

    async fn resolve(&self, sheet: &Value, resolution: &str) -> Value {
        let input = json!({ "id": sheet["id"], "resolution": resolution });
        self.story
            .mutate("resolveAppIoSheet", "sheet { id }", input)
            .await
    }
}

on_both! {
    async fn a_service_is_made_reviewed_and_shown(engine) {
        let office = Office::begin(engine, patient()).await;
        let sheet = office.shown(json!({})).await;
        let io = office.at_io(&sheet);
        assert_eq!((&io["name"], &io["description"]), (&json!("Mensa scolastica"), &json!("Un servizio")));
        assert_eq!(io["metadata"]["topic"], json!({ "id": 6, "name": "Educazione e formazione" }));
        assert_eq!(io["metadata"]["phone"], "+39 0467 000 000");
        assert_eq!(io["metadata"]["privacy_url"], "https://www.x001.example/privacy");
        assert_eq!(io["metadata"]["tos_url"], "https://www.comune.example/condizioni.pdf");
        let web_url = io["metadata"]["web_url"].as_str().unwrap();
        assert!(web_url.starts_with("https://www.x001.example/servizi/"), "{web_url}");
        assert_eq!(office.story.double.managed().len(), 1);
        assert_eq!((&sheet["problem"], &sheet["reason"], &sheet["drift"]), (&Value::Null, &Value::Null, &json!([])));

        // Editors see it with the service, and everybody by its id who may.
        let item = global_id(ContentType::Service, office.service);
        let query = "query($id: ID!, $sheet: ID!) { contentItem(id: $id) { appIoSheet { id lifecycle } } node(id: $sheet) { __typename id } }";
        let editor = office.story.cases.app.signed_in_at(&office.story.cases.tenant, &["editor"]).await;
        let seen = office.story.cases.ask(&editor, query, json!({ "id": item, "sheet": sheet["id"] })).await;
        assert_eq!(seen["contentItem"]["appIoSheet"], json!({ "id": sheet["id"], "lifecycle": "APPROVED" }));
        assert_eq!(seen["node"], json!({ "__typename": "AppIoSheet", "id": sheet["id"] }));
    }
}

on_both! {
    async fn what_changes_under_review_waits_until_it_ends(engine) {
        let office = Office::begin(engine, patient()).await;
        office.link(json!({})).await;
        let sheet = office.until(json!({ "lifecycle": "SUBMITTED" })).await;
        office.rewrite(json!({ "short_description": "Un altro testo" })).await;
        office.until(json!({ "isPending": true, "lifecycle": "SUBMITTED" })).await;
        assert_eq!(office.at_io(&sheet)["description"], "Un servizio", "what is under review is left alone");
        let id = sheet["ioServiceId"].as_str().unwrap();
        office.story.double.review(id, None);
        // The text is something that somebody looks at.
        office.until(json!({ "isPending": false, "lifecycle": "SUBMITTED" })).await;
        assert_eq!(office.at_io(&sheet)["description"], "Un altro testo");
        assert_eq!(office.story.double.publication(id).unwrap()["description"], "Un servizio");
        office.story.double.review(id, None);
        office.until(json!({ "lifecycle": "APPROVED", "publication": "PUBLISHED", "isReleaseDue": false })).await;
        assert_eq!(office.story.double.publication(id).unwrap()["description"], "Un altro testo");
    }
}

on_both! {
    async fn why_a_service_was_rejected_is_told_until_it_is_mended(engine) {
        let office = Office::begin(engine, patient()).await;
        office.link(json!({})).await;
        let sheet = office.until(json!({ "lifecycle": "SUBMITTED" })).await;
        let id = sheet["ioServiceId"].as_str().unwrap();
        office.story.double.review(id, Some("La descrizione è troppo breve."));
        let rejected = office.until(json!({ "lifecycle": "REJECTED" })).await;
        assert_eq!(rejected["reason"], "La descrizione è troppo breve.");
        office.rewrite(json!({ "short_description": "Iscrivi i figli alla mensa e segui i pasti." })).await;
        let again = office.until(json!({ "lifecycle": "SUBMITTED" })).await;
        assert_eq!(again["reason"], Value::Null);
    }
}

on_both! {
    async fn what_somebody_changed_elsewhere_is_told_and_not_written_over(engine) {
        let office = Office::begin(engine, patient()).await;
        let sheet = office.shown(json!({})).await;
        let id = sheet["ioServiceId"].as_str().unwrap();
        assert_eq!(wrong(&office.resolve(&sheet, "OURS").await), [("SHEET_NOT_DRIFTED".to_owned(), "id".to_owned())]);
        office.story.double.edit_service(id, |data| data["metadata"]["phone"] = json!("06 999"));
        let refreshed = office.story.mutate("refreshAppIoSheet", "sheet { id }", json!({ "id": sheet["id"] })).await;
        assert_eq!(refreshed["userErrors"], json!([]));
        let drift = json!([{ "field": "phone", "ours": "+39 0467 000 000", "theirs": "06 999" }]);
        office.until(json!({ "drift": drift.clone() })).await;
        // Not even what changes here is sent over it.
        office.rewrite(json!({ "terms_of_service": { "url": "https://www.comune.example/nuove.pdf" } })).await;
        let also = json!({ "field": "tosUrl", "ours": "https://www.comune.example/nuove.pdf", "theirs": "https://www.comune.example/condizioni.pdf" });
        office.until(json!({ "drift": [drift[0], also] })).await;
        assert_eq!(office.at_io(&sheet)["metadata"]["phone"], "06 999");

        assert_eq!(office.resolve(&sheet, "THEIRS").await["userErrors"], json!([]));
        office.until(json!({ "drift": [], "keepsTheirs": true })).await;
        assert_eq!(office.at_io(&sheet)["metadata"]["phone"], "06 999");
        // What changes here from then on is sent.
        office.rewrite(json!({ "terms_of_service": { "url": "https://www.comune.example/ancora.pdf" } })).await;
        office.until(json!({ "keepsTheirs": false, "lifecycle": "APPROVED" })).await;
        assert_eq!(office.at_io(&sheet)["metadata"]["phone"], "+39 0467 000 000");

        office.story.double.edit_service(id, |data| data["metadata"]["address"] = json!("Piazza 1"));
        office.story.mutate("refreshAppIoSheet", "sheet { id }", json!({ "id": sheet["id"] })).await;
        let drift = json!([{ "field": "address", "ours": null, "theirs": "Piazza 1" }]);
        office.until(json!({ "drift": drift })).await;
        office.resolve(&sheet, "OURS").await;
        office.until(json!({ "drift": [], "lifecycle": "APPROVED", "isReleaseDue": false })).await;
        assert_eq!(office.at_io(&sheet)["metadata"]["address"], Value::Null);
    }
}

on_both! {
    async fn what_leaves_the_site_leaves_the_app(engine) {
        let office = Office::begin(engine, patient()).await;
        let sheet = office.shown(json!({})).await;
        let id = sheet["ioServiceId"].as_str().unwrap();
        office.story.cases.editor.unpublish(office.service).await;
        office.until(json!({ "publication": "UNPUBLISHED" })).await;
        assert_eq!(office.story.double.publication(id).unwrap()["status"], "unpublished");
        office.story.cases.editor.publish(office.service).await.unwrap();
        office.until(json!({ "publication": "PUBLISHED" })).await;
        let unlinked = office.story.mutate("unlinkAppIoSheet", "deletedId", json!({ "id": sheet["id"] })).await;
        assert_eq!(unlinked["deletedId"], sheet["id"]);
        assert_eq!(office.story.double.publication(id).unwrap()["status"], "published", "what stands there stays");
    }
}

on_both! {
    async fn what_is_there_by_that_name_is_taken_and_not_made_again(engine) {
        let office = Office::begin(engine, patient()).await;
        let theirs = json!({ "name": "MENSA scolastica", "description": "Scritta a mano",
            "organization": { "name": office.story.cases.tenant.name, "fiscal_code": CODE },
            "metadata": { "scope": "LOCAL", "topic_id": 6, "phone": "1" } });
        for number in 0..60 {
            let other = json!({ "name": format!("Servizio {number}") });
            office.story.double.make_service(with(theirs.clone(), other));
        }
        let there = office.story.double.make_service(theirs);
        office.link(json!({})).await;
        let sheet = office.until(json!({ "ioServiceId": there })).await;
        assert_eq!(office.story.double.managed().len(), 61);
        let drifted = office.until(json!({ "lifecycle": "DRAFT" })).await;
        assert!(column(&drifted["drift"], "field").contains(&"description".to_owned()), "{drifted:#}");
        assert_eq!(office.at_io(&sheet)["description"], "Scritta a mano");
        office.resolve(&sheet, "OURS").await;
        office.until(json!({ "lifecycle": "SUBMITTED", "drift": [] })).await;
        assert_eq!(office.at_io(&sheet)["description"], "Un servizio");
        let again = office.story.mutate("linkAppIoSheet", "sheet { id }",
            json!({ "service": global_id(ContentType::Service, office.service), "settings": { "topicId": 6 } })).await;
        assert_eq!(wrong(&again), [("SHEET_LINKED".to_owned(), "service".to_owned())]);
    }
}

on_both! {
    async fn a_service_is_made_once_though_io_fails_and_hears_too_much(engine) {
        let faults = Faults { throttled: 15, failing: 15, ..Faults::default() };
        let office = Office::begin(engine, Conduct { faults, seed: 7, ..patient() }).await;
        office.link(json!({})).await;
        let sheet = office.until(json!({ "lifecycle": "SUBMITTED" })).await;
        office.story.double.review(sheet["ioServiceId"].as_str().unwrap(), None);
        office.until(json!({ "publication": "PUBLISHED", "lifecycle": "APPROVED" })).await;
        assert_eq!(office.story.double.managed().len(), 1);
    }
}

on_both! {
    async fn what_a_review_would_find_is_warned_of_at_the_gate(engine) {
        let office = Office::begin(engine, patient()).await;
        office.rewrite(json!({ "title": "Iscrizione online alla mensa scolastica" })).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Service { publishReport { isPublishable issues { code severity path } } } } }";
        let id = json!({ "id": global_id(ContentType::Service, office.service) });
        let issues = async || {
            let seen = office.story.cases.ask(&office.story.cases.chief, query, id.clone()).await;
            assert_eq!(seen["node"]["publishReport"]["isPublishable"], true);
            let issues = seen["node"]["publishReport"]["issues"].as_array().unwrap().clone();
            let of_io = issues.into_iter().filter(|issue| issue["code"].as_str().unwrap().starts_with("IO_"));
            json!(of_io.collect::<Vec<_>>())
        };
        assert_eq!(issues().await, json!([]), "who is not linked is not bothered");
        office.link(json!({})).await;
        assert_eq!(issues().await, json!([
            { "code": "IO_NAME_WORDY", "severity": "WARNING", "path": "title" },
            { "code": "IO_NAME_NEEDLESS_WORD", "severity": "WARNING", "path": "title" },
        ]));
    }
}

on_both! {
    async fn a_picture_goes_along_and_waits_until_the_service_is_known(engine) {
        let conduct = Conduct { fresh_services: Duration::from_millis(300), ..patient() };
        let office = Office::begin(engine, conduct).await;
        let asset = asset(&office).await;
        office.rewrite(json!({ "image": { "asset": asset, "alt": "La mensa" } })).await;
        office.link(json!({ "settings": { "topicId": 6, "logo": "IMAGE" } })).await;
        let sheet = office.until(json!({ "lifecycle": "SUBMITTED" })).await;
        let id = sheet["ioServiceId"].as_str().unwrap();
        // The double knows the service after a while by the clock of the machine; here an hour takes some milliseconds.
        for hour in 0..2_000 {
            office.story.run(now() + TimeDelta::hours(hour)).await;
            if let Some(png) = office.story.double.logo(id) {
                let picture = image::load_from_memory(&png).unwrap();
                assert_eq!((picture.width(), picture.height()), (300, 300));
                return;
            }
        }
        panic!("there is no picture: {:#}", office.sheet().await);
    }
}

/// A published picture.
async fn asset(office: &Office) -> String {
    let bytes = encoded(&picture(90, 30).into(), image::ImageFormat::Png);
    let story = &office.story.cases;
    let inspected =
        municipio_domain::media::inspect("mensa.png", bytes.into(), &Default::default()).unwrap();
    let media = story
        .app
        .media
        .of(story.app.database.tenant(story.tenant.id));
    let file = inspected.file.clone();
    media.adopt(&[inspected], now()).await.unwrap();
    let body = json!({ "title": "Mensa", "alt": "La mensa", "file": file });
    story
        .editor
        .published(ContentType::Asset, body)
        .await
        .to_string()
}

on_both! {
    async fn messages_can_be_written_as_a_service_that_is_shown(engine) {
        let office = Office::begin(engine, patient()).await;
        let settings = json!({ "settings": { "topicId": 6, "logo": "NONE", "isSender": true } });
        let sheet = office.shown(settings).await;
        let asked = "{ appIo { services { name serviceId } } auditEntries(first: 50) { nodes { name } } }";
        let seen = office.story.cases.ask(&office.story.cases.chief, asked, json!({})).await;
        let service = json!({ "name": "Mensa scolastica", "serviceId": sheet["ioServiceId"] });
        let services = seen["appIo"]["services"].as_array().unwrap();
        assert_eq!(services.iter().filter(|known| **known == service).count(), 1, "{services:#?}");
        let kept = format!("{:?}", office.story.cases.app.texts("SELECT keys FROM appio_service").await);
        let keys = office.story.double.service_keys(sheet["ioServiceId"].as_str().unwrap()).unwrap();
        assert!(keys.iter().all(|key| !kept.contains(key)));
        let deeds = column(&seen["auditEntries"]["nodes"], "name");
        assert!(deeds.contains(&"appio.create_service".to_owned()) && deeds.contains(&"appio.link_sheet".to_owned()), "{deeds:?}");
    }
}

on_both! {
    async fn settings_that_cannot_be_meant_are_refused(engine) {
        let office = Office::begin(engine, patient()).await;
        let service = global_id(ContentType::Service, office.service);
        for (change, path) in [
            (json!({ "settings": { "topicId": -1 } }), "topicId"),
            (json!({ "settings": { "topicId": 6, "authorizedCidrs": ["::1"] } }), "authorizedCidrs"),
            (json!({ "ioServiceId": "x" }), "ioServiceId"),
        ] {
            let input = with(json!({ "service": service, "settings": { "topicId": 6 } }), change);
            let refused = office.story.mutate("linkAppIoSheet", "sheet { id }", input).await;
            assert_eq!(wrong(&refused), [("INVALID_VALUE".to_owned(), path.to_owned())]);
        }
        let draft = office.story.cases.editor.draft(ContentType::Service, office.basics.service("Bozza")).await;
        let input = json!({ "service": global_id(ContentType::Service, draft), "settings": { "topicId": 6 } });
        let linked = office.story.mutate("linkAppIoSheet", "sheet { id }", input).await;
        assert_eq!(linked["userErrors"], json!([]), "it is shown once it is public");
        office.story.run(now() + TimeDelta::days(2)).await;
        assert_eq!(office.story.double.managed(), Vec::<Value>::new());
        // Without a key that IO takes nothing is lost.
        office.story.configure(json!({ "manageKey": "una-chiave-che-non-va" })).await;
        office.story.cases.editor.publish(draft).await.unwrap();
        office.until(json!({ "problem": "IO answered 401" })).await;
        office.story.configure(json!({ "manageKey": MANAGE_KEY })).await;
        office.until(json!({ "problem": null, "lifecycle": "SUBMITTED" })).await;
    }
}
