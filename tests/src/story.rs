//! What stories are told with: short ways to ask, to be refused, and to write content that can be
//! published.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use municipio_domain::{
    content::{Body, ContentError, ContentType, Slugs},
    ids::ItemId,
    tenants::Tenant,
};
use serde_json::{Value, json};

use crate::{Editor, TestApp, draft, noon};

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `extensions.code`.
    pub code: String,
    /// `extensions.argument`, empty when there is none.
    pub argument: String,
    /// The path, its parts divided by dots.
    pub path: String,
    /// The sentence.
    pub message: String,
}

impl Refused {
    /// Code, argument and path.
    pub fn parts(&self) -> (&str, &str, &str) {
        (&self.code, &self.argument, &self.path)
    }
}

impl TestApp {
    /// A request to `/graphql`, to be completed.
    pub fn post(&self) -> reqwest::RequestBuilder {
        self.client.post(format!("{}/graphql", self.base))
    }

    /// A GET of an address.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    /// A GET of `/graphql` with these parameters.
    pub fn query(&self, parameters: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let escape = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        let pairs = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)));
        self.get(&format!("/graphql?{}", pairs.collect::<Vec<_>>().join("&")))
    }

    /// The whole answer to a query for the municipality of this host, whatever its status.
    pub async fn answer(&self, host: &str, query: &str, variables: Value) -> Value {
        let request = json!({ "query": query, "variables": variables });
        let mut post = self.post().json(&request);
        if !host.is_empty() {
            post = post.header("host", host);
        }
        post.send().await.unwrap().json().await.unwrap()
    }

    /// The data of a query for the municipality of this host; it must succeed.
    pub async fn read(&self, host: &str, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(host, query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// The only error of a query that must fail.
    pub async fn refused(&self, query: &str, variables: Value) -> Refused {
        self.refused_at("", query, variables).await
    }

    /// The only error of a query that must fail for the municipality of this host.
    pub async fn refused_at(&self, host: &str, query: &str, variables: Value) -> Refused {
        let answer = self.answer(host, query, variables).await;
        let errors = answer["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("accepted: {query}\n{answer:#}"));
        assert_eq!(errors.len(), 1, "{query}\n{answer:#}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let path = errors[0]["path"].as_array().into_iter().flatten();
        let part = |part: &Value| {
            part.as_str()
                .map_or_else(|| part.to_string(), str::to_owned)
        };
        Refused {
            code: text(&errors[0]["extensions"]["code"]),
            argument: text(&errors[0]["extensions"]["argument"]),
            path: path.map(part).collect::<Vec<_>>().join("."),
            message: text(&errors[0]["message"]),
        }
    }

    /// A second municipality with the same content as the demo.
    pub async fn second_demo(&self, ipa_code: &str, host: &str) -> Tenant {
        let tenant = self.tenant(ipa_code, host).await;
        let (_, files) = municipio_seeds::demo().unwrap();
        let store = self.database.tenant(tenant.id);
        let (media, attachments) = (
            self.media.of(store.clone()),
            municipio_seeds::demo_attachments(),
        );
        let attached = municipio_seeds::attach(&media, attachments, noon())
            .await
            .unwrap();
        municipio_seeds::load(&store, &tenant, &files, &attached, noon())
            .await
            .unwrap();
        tenant
    }
}

/// The global id of an item of the municipality `c_x001`, the one that most stories tell of.
pub fn global_id(content_type: ContentType, id: ItemId) -> String {
    global_id_of("c_x001", content_type, id)
}

/// The global id of an item of this municipality.
pub fn global_id_of(ipa_code: &str, content_type: ContentType, id: ItemId) -> String {
    forged(&format!("{}:{ipa_code}:{id}", content_type.type_name()))
}

/// The item of a global id.
pub fn item_id(global_id: &str) -> ItemId {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(global_id).unwrap()).unwrap();
    ItemId(text.rsplit(':').next().unwrap().parse().unwrap())
}

/// An id or a cursor made of this text.
pub fn forged(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A cursor of the demo municipality, made of the place in this text.
pub fn forged_cursor(place: &str) -> String {
    forged(&format!("[\"c_m999\",{place}]"))
}

/// The instant of a text of RFC 3339.
pub fn instant(value: &Value) -> DateTime<Utc> {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("no instant: {value}"));
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// One field of each item of a list.
pub fn column(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items
        .iter()
        .map(|item| item[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// A body with further fields, or others instead.
pub fn with(mut base: Value, more: Value) -> Value {
    base.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    base
}

/// What everything else stands on: published, and linked to by what needs it.
#[derive(Clone, Copy, Debug)]
pub struct Basics {
    pub topic: ItemId,
    pub contact: ItemId,
    pub place: ItemId,
    pub office: ItemId,
}

impl Editor {
    /// A new item, published.
    pub async fn published(&self, content_type: ContentType, body: Value) -> ItemId {
        let id = self.draft(content_type, body).await;
        self.publish(id).await.unwrap();
        id
    }

    /// A new revision with this body, not published.
    pub async fn rewrite(
        &self,
        id: ItemId,
        kind: ContentType,
        body: Value,
    ) -> Result<(), ContentError> {
        self.rename(id, kind, body, &[]).await
    }

    /// A new revision with this body and these slugs, not published.
    pub async fn rename(
        &self,
        id: ItemId,
        kind: ContentType,
        body: Value,
        slugs: &[(&str, &str)],
    ) -> Result<(), ContentError> {
        let body = Body::parse(kind, body).map_err(ContentError::Invalid)?;
        let slugs = slugs
            .iter()
            .map(|(locale, slug)| (locale.parse().unwrap(), slug.parse().unwrap()));
        let mut draft = draft(body);
        draft.slugs = slugs.collect::<Slugs>();
        self.revise(id, draft).await
    }

    /// A new item with a draft of this author.
    pub async fn draft_by(&self, author: &str, content_type: ContentType, body: Value) -> ItemId {
        let id = self.draft(content_type, body.clone()).await;
        self.revise_by(author, id, content_type, body).await;
        id
    }

    /// A new revision of this author, not published.
    pub async fn revise_by(&self, author: &str, id: ItemId, kind: ContentType, body: Value) {
        let mut draft = draft(Body::parse(kind, body).unwrap());
        draft.author = author.to_owned();
        self.revise(id, draft).await.unwrap();
    }

    /// A topic, a contact point, a place and an office.
    pub async fn basics(&self) -> Basics {
        let topic = self.topic("Ambiente e territorio").await;
        let contact = self
            .published(ContentType::ContactPoint, contact_point("Contatti"))
            .await;
        let place = self
            .published(ContentType::Place, place("Municipio", contact))
            .await;
        let office = office("Ufficio di prova", contact, place);
        let office = self.published(ContentType::Office, office).await;
        Basics {
            topic,
            contact,
            place,
            office,
        }
    }
}

/// The body of a contact point.
pub fn contact_point(title: &str) -> Value {
    json!({ "title": title, "entries": [{ "type": "telefono", "value": "+39 0467 000 000" }] })
}

/// The body of a place.
pub fn place(title: &str, contact: ItemId) -> Value {
    json!({
        "title": title,
        "short_description": "Un luogo",
        "place_type": ["architettura-residenziale.villa"],
        "image": { "url": "https://www.comune.example/a.jpg", "decorative": true },
        "access_mode": "Ingresso in piano.",
        "street_address": "Via Roma 1",
        "postal_code": "38099",
        "city": "Prova",
        "geo": { "latitude": 45.9, "longitude": 10.8 },
        "contact_points": [contact],
    })
}

/// The body of an office.
pub fn office(title: &str, contact: ItemId, site: ItemId) -> Value {
    json!({
        "title": title,
        "short_description": "Un ufficio",
        "office_type": "struttura-amministrativa.ufficio",
        "responsibilities": "Si occupa di prove.",
        "contact_points": [contact],
        "main_site": site,
    })
}

impl Basics {
    /// The body of a news item.
    pub fn news(&self, title: &str) -> Value {
        json!({
            "title": title,
            "short_description": "Una notizia",
            "news_type": "notizie",
            "news_date": "2026-11-20",
            "topics": [self.topic],
            "edited_by": [self.office],
            "body": "Il testo della notizia.",
        })
    }

    /// The body of a service.
    pub fn service(&self, title: &str) -> Value {
        json!({
            "title": title,
            "short_description": "Un servizio",
            "category": ["turismo"],
            "topics": [self.topic],
            "audience": "Tutti.",
            "how_to": "Si va allo sportello.",
            "needs_intro": "Un documento.",
            "output_text": "Una ricevuta.",
            "timeframe_text": "Subito.",
            "booking": { "url": "https://www.comune.example/prenota" },
            "terms_of_service": { "url": "https://www.comune.example/condizioni.pdf" },
            "contact_points": [self.contact],
            "responsible_office": self.office,
        })
    }

    /// The body of an event.
    pub fn event(&self, title: &str, schedule: Value) -> Value {
        json!({
            "title": title,
            "short_description": "Un evento",
            "event_type": "evento-culturale",
            "topics": [self.topic],
            "body": "Il programma.",
            "audience": "Tutti.",
            "place": self.place,
            "contact_points": [self.contact],
            "schedule": schedule,
        })
    }
}

/// A short form of a JSON list of texts.
pub fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}
